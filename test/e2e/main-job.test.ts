import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatVersion } from '../../src/cluster/version.ts';
import { sharedNode } from './support/described.ts';
import { eventually } from './support/eventually.ts';
import { apply, describeOnLab, kubectl, onHost, shared, tryOnHost } from './support/shared-cluster.ts';
import { busyboxImage, echoImage, importTestImages } from './support/test-images.ts';

const namespace = 'main-job-e2e';
const nodePort = 30080;

/** A pod on each node, behind one service that any node's port leads to. */
const echo = `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo, namespace: ${namespace} }
spec:
  replicas: ${shared.nodes.length}
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      tolerations: [{ key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule }]
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: echo } }, nodeTaintsPolicy: Honor }
      containers:
        - name: echo
          image: ${echoImage}
          imagePullPolicy: Never
          ports: [{ containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: echo, namespace: ${namespace} }
spec:
  type: NodePort
  selector: { app: echo }
  ports: [{ port: 80, targetPort: 8080, nodePort: ${nodePort} }]
`;

/** A shell on each node, to ask from. */
const shells = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: shell, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: shell } }
  template:
    metadata: { labels: { app: shell } }
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: [{ operator: Exists }]
      containers:
        - name: shell
          image: ${busyboxImage}
          imagePullPolicy: Never
          command: [/bin/sh, -c, 'echo started on $NODE; exec sleep 86400']
          env: [{ name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]
`;

interface Pod {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly ready: boolean;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: { readonly podIP?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

async function pods(app: string): Promise<readonly Pod[]> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-l', `app=${app}`, '-o', 'json')) as PodList;
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    node: spec.nodeName ?? '',
    ip: status.podIP ?? '',
    ready: status.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false,
  }));
}

const inPod = (pod: Pod, ...command: readonly string[]) => kubectl('exec', '-n', namespace, pod.name, '--', ...command);
/** Not with wget -T, on which Debian's static busybox crashes. */
const ask = async (pod: Pod, url: string) => (await inPod(pod, 'timeout', '20', 'wget', '-qO-', url)).trim();
const names = (list: readonly Pod[]) => list.map(({ name }) => name).toSorted();

describeOnLab('the main job', () => {
  let echoes: readonly Pod[] = [];
  let asking: readonly Pod[] = [];

  beforeAll(async () => {
    await importTestImages();
    await apply(echo);
    await apply(shells);
    const allReady = (list: readonly Pod[]) => list.length === shared.nodes.length && list.every(({ ready }) => ready);
    echoes = await eventually('echo runs', () => pods('echo'), allReady, 120_000);
    asking = await eventually('shells run', () => pods('shell'), allReady, 120_000);
    // Ready pods are behind the service, and known to DNS and every kube-proxy, a moment later.
    for (const pod of asking) {
      const answer = () => ask(pod, 'http://echo/');
      await eventually(`the service answers on ${pod.node}`, answer, (name) => names(echoes).includes(name), 120_000);
    }
  });
  afterAll(() => kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=60s'));

  test('all nodes are Ready, in the version of the inventory', async () => {
    const { cluster } = await sharedNode(shared.controlPlane);
    const template =
      '{range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const lines = (await kubectl('get', 'nodes', '-o', `jsonpath=${template}`)).trim().split('\n');
    expect(lines.toSorted()).toEqual(shared.nodes.map((node) => `${node} v${formatVersion(cluster.kubernetesVersion)} True`).toSorted());
  });

  test('a deployment is spread over all nodes, each pod with an address of its node’s share', async () => {
    expect(echoes.map(({ node }) => node).toSorted()).toEqual([...shared.nodes].toSorted());
    for (const { node, ip } of [...echoes, ...asking]) {
      const share = await kubectl('get', 'node', node, '-o', 'jsonpath={.spec.podCIDR}');
      expect(ip.split('.').slice(0, 3)).toEqual(share.split('.').slice(0, 3));
    }
  });

  test('pods find the service by its names, from every node, and reach every pod behind it', async () => {
    for (const pod of asking) {
      for (const name of ['echo', `echo.${namespace}`, `echo.${namespace}.svc.cluster.local`]) {
        expect(names(echoes)).toContain(await ask(pod, `http://${name}/`));
      }
    }
    const [pod] = asking;
    if (pod === undefined) throw new Error('no shell');
    const seen = new Set<string>();
    const askAgain = async () => seen.add(await ask(pod, 'http://echo/'));
    await eventually('each pod behind the service answers once', askAgain, () => seen.size === echoes.length, 60_000);
    expect([...seen].toSorted()).toEqual(names(echoes));
  });

  test('pods see each other’s addresses across nodes: nothing is translated in between', async () => {
    for (const from of asking) {
      for (const to of echoes) {
        const info = JSON.parse(await ask(from, `http://${to.ip}:8080/info`)) as { caller: string };
        expect(info.caller.replace(/:\d+$/, ''), `${from.node} to ${to.node}`).toBe(from.ip);
      }
    }
  });

  test('every node reaches every pod', async () => {
    for (const node of shared.nodes) {
      const script = echoes.map(({ ip }) => `curl -sS -m 20 http://${ip}:8080/`).join('\n');
      expect((await onHost(node, script)).trim().split('\n').toSorted()).toEqual(names(echoes));
    }
  });

  test('the service answers on each node’s own address, from outside the cluster', async () => {
    for (const node of shared.nodes) {
      const { internalAddress } = (await sharedNode(node)).node;
      const answer = await fetch(`http://${internalAddress}:${nodePort}/`, { signal: AbortSignal.timeout(20_000) });
      expect(names(echoes)).toContain((await answer.text()).trim());
      // Said by nodePortAddresses: no other address of the host opens the port.
      const { code } = await tryOnHost(node, `curl -sS -m 2 http://127.0.0.1:${nodePort}/`);
      expect(code).not.toBe(0);
    }
  });

  test('pods of every node find services of other namespaces by name', async () => {
    for (const pod of asking) {
      const answer = await inPod(pod, 'nslookup', 'kubernetes.default.svc.cluster.local');
      expect(answer).toContain('10.96.0.1');
    }
  });

  test('logs and exec work on a pod of every node', async () => {
    for (const pod of asking) {
      expect(await kubectl('logs', '-n', namespace, pod.name)).toBe(`started on ${pod.node}\n`);
      expect(await inPod(pod, 'hostname')).toBe(`${pod.name}\n`);
    }
  });

  test('a forwarded port leads to a pod of another node', async () => {
    const pod = echoes.find(({ node }) => node !== shared.controlPlane);
    const script = `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf port-forward -n ${namespace} ${pod?.name} 18080:8080 >/dev/null &
forward=$!
trap 'kill $forward' EXIT
curl -sS --retry 20 --retry-delay 1 --retry-connrefused -m 30 http://127.0.0.1:18080/`;
    expect(await onHost(shared.controlPlane, script)).toBe(`${pod?.name}\n`);
  });

  test('no pod started twice on the way', async () => {
    const template = '{range .items[*]}{.status.containerStatuses[*].restartCount} {end}';
    const restarts = await kubectl('get', 'pods', '-n', namespace, '-o', `jsonpath=${template}`);
    expect(restarts.trim().split(/\s+/)).toEqual(Array.from({ length: echoes.length + asking.length }, () => '0'));
  });
});
