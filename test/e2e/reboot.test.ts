import { afterAll, beforeAll, expect, test } from 'vitest';
import { labReboot } from '../../src/lab/lab-power.ts';
import { sharedNode } from './support/described.ts';
import { eventually } from './support/eventually.ts';
import { apply, describeOnLab, kcluster, kubectl, onHost, shared, tryOnHost } from './support/shared-cluster.ts';
import { echoImage, importTestImages } from './support/test-images.ts';

const namespace = 'reboot-e2e';
const workload = `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: kept, namespace: ${namespace} }
data: { word: kept }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: echo, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      tolerations: [{ operator: Exists }]
      containers:
        - name: echo
          image: ${echoImage}
          imagePullPolicy: Never
          readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: echo, namespace: ${namespace} }
spec:
  selector: { app: echo }
  ports: [{ port: 80, targetPort: 8080 }]
`;

const everywhere = ['containerd', 'kcluster-balancer', 'kcluster-network', 'kubelet', 'kube-proxy'];
const reboots = [
  { role: 'a worker', node: () => shared.nodes[1] ?? '', units: everywhere },
  {
    role: 'the control plane',
    node: () => shared.controlPlane,
    units: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', ...everywhere],
  },
];

const bootId = async (node: string) => (await onHost(node, 'cat /proc/sys/kernel/random/boot_id')).trim();
/** Routes and packet filter of the plugin, the kernel's settings, what is mounted for data. */
const network = (node: string) =>
  onHost(
    node,
    'ip route show proto 75 | sort; nft list table inet kcluster; cat /proc/sys/net/ipv4/ip_forward; ls /sys/class/net/kcni0 >/dev/null && echo kcni0',
  );

/** undefined while the API does not answer. */
async function ask<T>(...args: readonly string[]): Promise<T | undefined> {
  const words = args.map((word) => `'${word}'`).join(' ');
  const command = `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=3s get ${words} -o json`;
  const { code, stdout } = await tryOnHost(shared.controlPlane, command);
  return code === 0 ? (JSON.parse(stdout) as T) : undefined;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}
interface NodeObject {
  readonly status: { readonly conditions: readonly Condition[]; readonly nodeInfo: { readonly bootID: string } };
}
interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly nodeName: string };
    readonly status: {
      readonly podIP?: string;
      readonly conditions?: readonly Condition[];
      readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID?: string }[];
    };
  }[];
}

const isReady = (conditions: readonly Condition[] = []) => conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
const podsOf = (app: string, inNamespace: string) => ask<PodList>('pods', '-n', inNamespace, '-l', app);

describeOnLab('a host that lost its power', () => {
  beforeAll(async () => {
    await importTestImages();
    await apply(workload);
    const ready = (list?: PodList) =>
      list?.items.length === shared.nodes.length && list.items.every(({ status }) => isReady(status.conditions));
    await eventually('a pod runs on each node', () => podsOf('app=echo', namespace), ready, 120_000);
  });
  afterAll(() => kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=60s'));

  test.each(reboots)('$role comes back by itself, as it was, and kcluster finds nothing to do', async ({ node: nodeOf, units }) => {
    const node = nodeOf();
    const here = (list?: PodList) => list?.items.find(({ spec }) => spec.nodeName === node);
    const containerOf = (list?: PodList) => here(list)?.status.containerStatuses?.[0]?.containerID;
    const containerBefore = containerOf(await podsOf('app=echo', namespace));
    expect(containerBefore).toMatch(/^containerd:/);
    const networkBefore = await network(node);
    const bootBefore = await bootId(node);
    expect(networkBefore).toContain('masquerade');

    const began = Date.now();
    await labReboot(shared.name, node, { report: () => undefined });
    const bootAfter = await bootId(node);
    expect(bootAfter).not.toBe(bootBefore);

    const names = units.map((unit) => `${unit}.service`).join(' ');
    const states = async () => (await tryOnHost(node, `systemctl is-active ${names}`)).stdout.trim().split('\n');
    await eventually('its units are active', states, (list) => list.every((state) => state === 'active'), 120_000);

    // bootID tells this Ready from the one before the power was lost.
    const back = (object?: NodeObject) => object?.status.nodeInfo.bootID === bootAfter && isReady(object.status.conditions);
    await eventually('its node is Ready', () => ask<NodeObject>('node', node), back, 180_000);
    process.stdout.write(`  ${node}: Ready again ${((Date.now() - began) / 1000).toFixed(1)} s after the power was cut\n`);

    // A status from before the power was lost says Ready too, and has an address that nobody has any more.
    const restarted = (list?: PodList) => {
      const container = containerOf(list);
      return container !== undefined && container !== containerBefore && isReady(here(list)?.status.conditions);
    };
    const pods = await eventually('its pod runs again', () => podsOf('app=echo', namespace), restarted, 120_000);
    const dnsReady = (list?: PodList) => list?.items.every(({ status }) => isReady(status.conditions)) ?? false;
    await eventually('DNS pods are ready', () => podsOf('k8s-app=kube-dns', 'kube-system'), dnsReady, 120_000);

    for (const other of shared.nodes) {
      const url = `http://${here(pods)?.status.podIP}:8080/`;
      const answer = () => onHost(other, `curl -sS -m 5 ${url}`);
      await eventually(`${other} reaches the pod on ${node}`, answer, (text) => text.trim() === here(pods)?.metadata.name);
    }
    const clusterIP = await kubectl('get', 'service', 'echo', '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}');
    const viaService = async () => (await tryOnHost(node, `curl -sS -m 2 http://${clusterIP}/`)).stdout.trim();
    await eventually('services answer on it', viaService, (name) => pods?.items.some(({ metadata }) => metadata.name === name) ?? false);

    expect(await network(node)).toBe(networkBefore);
    expect(await onHost(node, 'systemctl --failed --plain --no-legend')).toBe('');
    expect(await kubectl('get', 'configmap', 'kept', '-n', namespace, '-o', 'jsonpath={.data.word}')).toBe('kept');

    // Who holds a lease of the one before waits until it is over.
    await eventually(
      'a plan is empty',
      () => kcluster('plan'),
      ({ stdout: text }) => text.includes('Nothing to do'),
    );
    const { code, stdout, stderr } = await kcluster('init', '--yes');
    expect(stdout, stderr).toContain('nothing to do');
    expect(code).toBe(0);
  });

  test('the others did not notice: no container of theirs was started again', async () => {
    const { cluster } = await sharedNode(shared.controlPlane);
    const list = await podsOf('app=echo', namespace);
    const untouched = list?.items.filter(({ spec }) => spec.nodeName === cluster.nodes[2]?.name) ?? [];
    expect(untouched.map(({ status }) => status.containerStatuses?.[0]?.restartCount)).toEqual([0]);
  });
});
