import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echoObjects } from './support/echo-objects.ts';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';

const lab = new OwnLab('e2e-life', { controlPlanes: 4, workers: 3, etcd: 0 });
const namespace = 'life';

const soon = (key: string): object => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 });

/** Pods that leave a node that is away within seconds. */
const workload = echoObjects(namespace, {
  pod: { tolerations: [soon('unreachable'), soon('not-ready')] },
  besides: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace }, data: { word: 'kept' } }],
});

/** What must hold after every step, seen from a control plane and a worker that are there then. */
async function check(at: {
  readonly controlPlane: string;
  readonly worker: string;
  readonly members: readonly string[];
  readonly nodes: readonly string[];
}): Promise<void> {
  const { controlPlane, worker, members, nodes } = at;
  // Members that have just found each other may choose a leader once more, and answer nobody meanwhile.
  const [voters, all] = await eventually(
    'members and nodes are told',
    async () =>
      [await lab.members(controlPlane), await lab.kubectl(controlPlane, `get nodes -o 'jsonpath={.items[*].metadata.name}'`)] as const,
    () => true,
  );
  expect(voters).toEqual(members.map((name) => `${name} voter started`));
  expect(all.trim().split(/\s+/).sort()).toEqual(nodes.map((name) => lab.host(name)));
  const isReady = (ready: readonly string[]): boolean => ready.length === nodes.length;
  expect(await eventually('all nodes are Ready', () => lab.readyNodes(controlPlane), isReady, 120_000)).toEqual(nodes);
  const address = await lab.kubectl(controlPlane, `get service echo -n ${namespace} -o 'jsonpath={.spec.clusterIP}'`);
  const answers = async (): Promise<string> => (await lab.tryOn(worker, `curl -sS -m 2 http://${address}/`)).stdout;
  expect(await eventually('the Deployment answers', answers, (answer) => answer.startsWith('echo-'), 120_000)).toMatch(/^echo-/);
  expect(await lab.kubectl(controlPlane, `get configmap kept -n ${namespace} -o 'jsonpath={.data.word}'`)).toBe('kept');
  await lab.settles();
}

describeOnLab('the life of a cluster', () => {
  beforeAll(async () => {
    await lab.up();
    await lab.write(['cp1', 'w1', 'w2']);
    await lab.must('init', '--yes');
    await lab.importImage(['w1', 'w2'], 'echo_1_amd64.tar');
    await lab.on('cp1', `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'OBJECTS'\n${workload}OBJECTS`);
  });
  afterAll(() => lab.down());
  skipAfterFailure();

  test('one control plane', () => check({ controlPlane: 'cp1', worker: 'w1', members: ['cp1'], nodes: ['cp1', 'w1', 'w2'] }));

  test('two more control planes join, and nothing of the first is restarted', async () => {
    const units = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'containerd', 'kube-proxy'];
    const starts = (): Promise<string> => lab.on('cp1', `systemctl show -p Id -p ExecMainStartTimestampMonotonic ${units.join(' ')}`);
    const before = await starts();
    await lab.write(['cp1', 'cp2', 'cp3', 'w1', 'w2']);
    // As it was reviewed.
    const plan = path.join(path.dirname(lab.inventory), 'join.json');
    await lab.must('plan', 'join', '-o', plan);
    await lab.must('apply', plan, '--yes');
    expect(await starts()).toBe(before);
    await check({ controlPlane: 'cp2', worker: 'w1', members: ['cp1', 'cp2', 'cp3'], nodes: ['cp1', 'cp2', 'cp3', 'w1', 'w2'] });
    expect(await lab.must('join', '--yes')).toContain('nothing to do');
  });

  test('the node that was initialised first is replaced', async () => {
    await lab.write(['cp1', 'cp2', 'cp3', 'cp4', 'w1', 'w2']);
    await lab.must('nodes', 'replace', lab.host('cp1'), lab.host('cp4'), '--yes');
    await lab.write(['cp2', 'cp3', 'cp4', 'w1', 'w2']);
    await check({ controlPlane: 'cp3', worker: 'w1', members: ['cp2', 'cp3', 'cp4'], nodes: ['cp2', 'cp3', 'cp4', 'w1', 'w2'] });
    expect((await lab.tryOn('cp1', 'test -e /var/lib/kcluster -o -e /var/lib/etcd/member')).code).toBe(1);
  });

  test('a worker that is said to be dead and is not is left alone; a dead one is removed', async () => {
    const alive = await lab.kcluster('nodes', 'remove', lab.host('w2'), '--dead', '--yes');
    expect([alive.code, alive.stderr]).toEqual([8, expect.stringContaining('it is not dead')]);
    await lab.powerOff('w2');
    const silent = await lab.kcluster('nodes', 'remove', lab.host('w2'), '--yes');
    expect([silent.code, silent.stderr]).toEqual([4, expect.stringContaining('--dead')]);
    await eventually(
      'the cluster notices',
      () => lab.readyNodes('cp2'),
      (ready) => !ready.includes('w2'),
      120_000,
    );
    await lab.must('nodes', 'remove', lab.host('w2'), '--dead', '--yes');
    await lab.write(['cp2', 'cp3', 'cp4', 'w1']);
    await check({ controlPlane: 'cp2', worker: 'w1', members: ['cp2', 'cp3', 'cp4'], nodes: ['cp2', 'cp3', 'cp4', 'w1'] });
  });

  test('a worker joins, and only routes change on the others', async () => {
    await lab.write(['cp2', 'cp3', 'cp4', 'w1', 'w3']);
    const { stdout } = await lab.kcluster('join', '--yes', '--json');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string; readonly step?: string; readonly roundTrips?: Record<string, number> });
    const others = events.flatMap(({ type, step = '' }) =>
      type === 'step-finished' && !step.endsWith(lab.host('w3')) ? [step.split('@')[0]] : [],
    );
    expect([...new Set(others)].sort()).toEqual(['network/run', 'nodes/register']);
    const trips = events.find(({ type }) => type === 'run-finished')?.roundTrips ?? {};
    process.stdout.write(`  round trips of a worker's join: ${JSON.stringify(trips)}\n`);
    await lab.importImage(['w3'], 'echo_1_amd64.tar');
    await check({ controlPlane: 'cp4', worker: 'w3', members: ['cp2', 'cp3', 'cp4'], nodes: ['cp2', 'cp3', 'cp4', 'w1', 'w3'] });
  });

  test('a control plane leaves, and two members remain', async () => {
    const { stdout } = await lab.kcluster('nodes', 'remove', lab.host('cp2'), '--dry-run');
    expect(stdout).toContain('NoFailureBorne');
    await lab.must('nodes', 'remove', lab.host('cp2'), '--yes');
    await lab.write(['cp3', 'cp4', 'w1', 'w3']);
    await check({ controlPlane: 'cp3', worker: 'w1', members: ['cp3', 'cp4'], nodes: ['cp3', 'cp4', 'w1', 'w3'] });
  });

  test('with one of two members down nothing may be done to the other', async () => {
    await lab.on('cp4', 'systemctl stop etcd');
    const { code, stderr } = await lab.kcluster('nodes', 'remove', lab.host('cp4'), '--yes');
    expect([code, stderr]).toEqual([expect.toBeOneOf([5, 8]), expect.stringMatching(/no API server|QuorumLost/)]);
    await lab.on('cp4', 'systemctl start etcd');
    // The other API server may answer through the balancer long before this one has found its etcd again.
    await lab.isBack('cp4', ['cp3', 'cp4', 'w1', 'w3']);
    await check({ controlPlane: 'cp4', worker: 'w1', members: ['cp3', 'cp4'], nodes: ['cp3', 'cp4', 'w1', 'w3'] });
  });

  test('all are reset, and nothing is left', async () => {
    expect(await lab.must('reset', '--yes')).toContain('reset: ');
    for (const short of ['cp3', 'cp4', 'w1', 'w3']) {
      expect(
        (
          await lab.on(
            short,
            'ls -d /var/lib/kcluster /etc/kubernetes /var/lib/etcd/member /opt/kcluster/bin 2>/dev/null; nft list tables; ip -o link show kcni0 2>/dev/null || true',
          )
        ).trim(),
      ).toBe('');
    }
    expect(await lab.must('reset', '--yes')).toContain('nothing to do');
  });
});
