import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { apply, describeOnLab, kcluster, kubectl, shared } from './support/shared-cluster.ts';
import { busyboxImage, importTestImages } from './support/test-images.ts';

const namespace = 'nodes-e2e';
const container = `{ name: c, image: "${busyboxImage}", imagePullPolicy: Never, command: [/bin/sh, -c, "exec sleep 86400"] }`;
const tolerations = '[{ key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule }]';

/** A workload that prefers the worker and may go to the control plane, behind a budget that allows nothing. */
const workload = (worker: string): string => `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${namespace} }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: ${tolerations}
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [${worker}] }] } }] } }
      containers: [${container}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: ${namespace} }
spec: { minAvailable: 1, selector: { matchExpressions: [{ key: app, operator: In, values: [web] }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: bare, namespace: ${namespace} }
spec: { nodeName: ${worker}, terminationGracePeriodSeconds: 0, containers: [${container}] }
`;

describeOnLab('nodes taken out of service and given back', () => {
  const worker = (): string => shared.nodes[1] ?? '';
  const podsOnWorker = async (): Promise<readonly string[]> =>
    (
      await kubectl('get', 'pods', '-n', namespace, '--field-selector', `spec.nodeName=${worker()},status.phase=Running`, '-o', 'name')
    ).split('\n');
  const rowOf = async (node: string): Promise<Record<string, unknown>> => {
    const { nodes } = JSON.parse((await kcluster('nodes', 'list', '-o', 'json')).stdout) as { nodes: Record<string, unknown>[] };
    return nodes.find((row) => row.node === node) ?? {};
  };

  beforeAll(async () => {
    await importTestImages();
    await apply(workload(worker()));
    await eventually('both pods run', podsOnWorker, (pods) => pods.filter((pod) => pod !== '').length === 2);
  });
  afterAll(async () => {
    await kcluster('nodes', 'uncordon', worker(), '--yes');
    await kubectl('delete', 'namespace', namespace);
  });

  test('the list knows every node, its pods and whether it holds etcd', async () => {
    expect(await rowOf(shared.controlPlane)).toMatchObject({ state: 'Ready', cordoned: false, etcdMember: true });
    expect(await rowOf(worker())).toMatchObject({ state: 'Ready', cordoned: false, etcdMember: false, pods: expect.any(Number) });
  });

  test('a name that is not there is a usage error with the nearest one', async () => {
    const { code, stderr } = await kcluster('nodes', 'cordon', `${worker()}x`, '--yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining(`did you mean "${worker()}"?`)]);
  });

  test('cordon and uncordon, and nothing to do the second time', async () => {
    expect((await kcluster('nodes', 'cordon', worker(), '--yes')).code).toBe(0);
    expect(await rowOf(worker())).toMatchObject({ cordoned: true });
    expect((await kcluster('nodes', 'cordon', worker())).stdout).toContain('nothing to do');
    expect((await kcluster('nodes', 'uncordon', worker(), '--yes')).code).toBe(0);
    expect(await rowOf(worker())).toMatchObject({ cordoned: false });
  });

  test('a bare pod refuses the drain before anything is done', async () => {
    const { code, stderr } = await kcluster('nodes', 'drain', worker(), '--yes');
    expect([code, stderr]).toEqual([8, expect.stringContaining(`${namespace}/bare`)]);
    expect(await rowOf(worker())).toMatchObject({ cordoned: false });
  });

  test('a budget holds the drain until its time is over: exit code 5, named, and still cordoned', async () => {
    const { code, stderr, stdout } = await kcluster('nodes', 'drain', worker(), '--force', '--drain-timeout', '5s', '--yes', '--json');
    expect(code).toBe(5);
    expect(stderr + stdout).toContain(`PodDisruptionBudget ${namespace}/web allows no disruption now: web-`);
    expect(stderr + stdout).toContain('stays cordoned');
    expect(stdout).toContain('"type":"waiting"');
    expect(await rowOf(worker())).toMatchObject({ cordoned: true });
    expect(await podsOnWorker()).toEqual([expect.stringContaining('pod/web-'), '']);
  });

  test('once the budget allows it the drain comes to its end, and a second one has nothing to do', async () => {
    await kubectl('delete', 'poddisruptionbudget', 'web', '-n', namespace);
    expect((await kcluster('nodes', 'drain', worker(), '--yes')).code).toBe(0);
    expect(await podsOnWorker()).toEqual(['']);
    expect((await kcluster('nodes', 'drain', worker())).stdout).toContain('nothing to do');
  });
});
