import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedNode } from './support/described.ts';
import { eventually } from './support/eventually.ts';
import { decode, readKubeconfig } from './support/kubeconfig.ts';
import { readCertificate } from './support/openssl.ts';
import { type Answer, type Request, request } from './support/request.ts';
import { apply, describeOnLab, kubectl, onHost, shared } from './support/shared-cluster.ts';

const controlPlane = (): string => shared.controlPlane;
const worker = (): string => shared.nodes[1] ?? '';
const otherWorker = (): string => shared.nodes[2] ?? '';
const fileOn = (node: string, file: string) => onHost(node, `cat ${file}`);
const addressOf = async (node: string) => (await sharedNode(node)).node.internalAddress;

describeOnLab('who may do what', () => {
  const namespace = 'access-e2e';
  let authority = '';
  const api = async (requestPath: string, more: Partial<Request> = {}): Promise<Answer> => {
    const url = `https://${await addressOf(controlPlane())}:6443${requestPath}`;
    return request({ url, ca: authority, ...more });
  };
  /** With the certificate that the kubelet uses now, be it the first or a renewed one. */
  const asKubelet = async (node: string, requestPath: string, more: Partial<Request> = {}) => {
    const pem = await fileOn(node, '/var/lib/kubelet/pki/kubelet-client-current.pem');
    return api(requestPath, { cert: pem, key: pem, ...more });
  };
  const secretPath = (name: string) => `/api/v1/namespaces/${namespace}/secrets/${name}`;

  beforeAll(async () => {
    authority = await fileOn(controlPlane(), '/etc/kubernetes/pki/ca.crt');
    await apply(`apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: Secret
metadata: { name: wanted, namespace: ${namespace} }
stringData: { word: open-sesame-4711 }
---
apiVersion: v1
kind: Pod
metadata: { name: reader, namespace: ${namespace} }
spec:
  nodeName: ${otherWorker()}
  containers:
    - name: main
      image: kcluster.dev/none:1
      imagePullPolicy: Never
      envFrom: [{ secretRef: { name: wanted } }]
`);
  });
  afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  test.each(['/livez', '/readyz', '/healthz'])('%s answers everybody', async (endpoint) => {
    expect(await api(endpoint)).toEqual({ status: 200, body: 'ok' });
  });

  test.each([
    '/api',
    '/apis',
    '/version',
    '/metrics',
    '/openapi/v2',
    '/api/v1/namespaces',
    '/api/v1/namespaces/kube-system/secrets',
    '/livez/ping',
    '/healthz/etcd',
  ])('%s answers nobody who does not say who he is', async (endpoint) => {
    expect((await api(endpoint)).status).toBe(401);
  });

  test('a kubelet answers nobody who does not say who he is', async () => {
    for (const node of [controlPlane(), worker()]) {
      for (const endpoint of ['/pods', '/metrics', '/healthz', '/exec/default/x/x']) {
        expect((await request({ url: `https://${await addressOf(node)}:10250${endpoint}`, ca: authority })).status, endpoint).toBe(401);
      }
    }
  });

  test('a kubelet reads the secret of its own pod, and another kubelet does not', async () => {
    const status = async () => (await asKubelet(otherWorker(), secretPath('wanted'))).status;
    await eventually('the pod’s kubelet may read its secret', status, (code) => code === 200, 30_000);
    const { status: refused, body } = await asKubelet(worker(), secretPath('wanted'));
    expect(refused).toBe(403);
    expect(body).toContain('no relationship found between node');
  });

  const merge = { 'content-type': 'application/merge-patch+json' };
  const label = (key: string) => ({ method: 'PATCH', headers: merge, body: JSON.stringify({ metadata: { labels: { [key]: 'x' } } }) });

  test('a kubelet lists no secrets, changes no other node and gives itself no role', async () => {
    expect((await asKubelet(worker(), '/api/v1/secrets')).status).toBe(403);
    expect((await asKubelet(worker(), `/api/v1/nodes/${otherWorker()}`, label('example.org/x'))).status).toBe(403);
    const own = `/api/v1/nodes/${worker()}?dryRun=All`;
    expect((await asKubelet(worker(), own, label('node-role.kubernetes.io/control-plane'))).status).toBe(403);
    expect((await asKubelet(worker(), own, label('node-restriction.kubernetes.io/tier'))).status).toBe(403);
    expect((await asKubelet(worker(), own, label('example.org/x'))).status).toBe(200);
  });

  const etcdctl = `cd /etc/etcd/pki && /opt/kcluster/bin/etcdctl --endpoints https://127.0.0.1:2379 --cacert ca.crt --cert healthcheck-client.crt --key healthcheck-client.key`;

  test('secrets are encrypted where they rest', async () => {
    const raw = decode(await onHost(controlPlane(), `${etcdctl} get --print-value-only /registry/secrets/${namespace}/wanted | base64`));
    expect(raw.slice(0, 40)).toMatch(/^k8s:enc:secretbox:v1:/);
    expect(raw).not.toContain('open-sesame');
    // What lies on disk, too: nothing wrote it there before it was encrypted.
    const found = await onHost(controlPlane(), 'grep -rlaF open-sesame-4711 /var/lib/etcd /var/log/kubernetes || true');
    expect(found).toBe('');
    expect(await kubectl('get', 'secret', 'wanted', '-n', namespace, '-o', 'jsonpath={.data.word}')).toBe('b3Blbi1zZXNhbWUtNDcxMQ==');
  });

  test('no secret of the cluster rests in the clear', async () => {
    const script = `${etcdctl} get --prefix --keys-only /registry/secrets | grep . | while read -r key; do
${etcdctl} get --print-value-only "$key" | head -c 21 | grep -q '^k8s:enc:secretbox:v1:' || echo "$key"; done`;
    expect(await onHost(controlPlane(), script)).toBe('');
  });

  test('what was done is in the audit log, without what was said', async () => {
    const log = async () => onHost(controlPlane(), `grep -F '"name":"wanted"' /var/log/kubernetes/audit/audit.log || true`);
    const lines = (await eventually('the audit log names the secret', log, (text) => text.includes('"verb":"get"'), 30_000))
      .trim()
      .split('\n');
    const events = lines.map((line) => JSON.parse(line) as { level: string; objectRef: { resource: string }; user: { username: string } });
    const ofSecrets = events.filter(({ objectRef }) => objectRef.resource === 'secrets');
    expect(new Set(ofSecrets.map(({ level }) => level))).toEqual(new Set(['Metadata']));
    expect(ofSecrets.map(({ user }) => user.username)).toContain(`system:node:${worker()}`);
    expect(lines.join('\n')).not.toContain('responseObject');
  });

  const privileged = (name: string) => `apiVersion: v1
kind: Pod
metadata: { name: privileged-e2e, namespace: ${name} }
spec:
  containers: [{ name: main, image: 'kcluster.dev/none:1', securityContext: { privileged: true } }]
`;
  const dryRun = (name: string) =>
    onHost(
      controlPlane(),
      `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply --dry-run=server -f - <<'POD'\n${privileged(name)}POD`,
    );

  test('a privileged pod is refused in a namespace that says nothing, and let into kube-system', async () => {
    await expect(dryRun('default')).rejects.toThrow(/violates PodSecurity "baseline:latest": privileged/);
    await expect(dryRun(namespace)).rejects.toThrow(/violates PodSecurity/);
    expect(await dryRun('kube-system')).toContain('created (server dry run)');
  });

  test('the daily kubeconfig is of a group that can be taken away; the other one stays with the operator', async () => {
    const [daily = '', masters = ''] = await Promise.all(
      ['admin.conf', 'super-admin.conf'].map((file) => readFile(path.join(shared.stateDirectory, file), 'utf8')),
    );
    expect((await readCertificate(readKubeconfig(daily).cert)).subject).toBe('CN=kubernetes-admin,O=kcluster:cluster-admins');
    expect((await readCertificate(readKubeconfig(masters).cert)).subject).toBe('CN=kubernetes-super-admin,O=system:masters');
    for (const node of shared.nodes) expect(await onHost(node, 'find / -xdev -name "super-admin*" -path "*kube*"')).toBe('');
    const { cert, key } = readKubeconfig(daily);
    expect((await api('/api/v1/nodes', { cert, key })).status).toBe(200);
  });

  test('what the operator keeps is for his eyes', async () => {
    for (const file of ['', 'admin.conf', 'super-admin.conf']) {
      const { mode } = await stat(path.join(shared.stateDirectory, file));
      expect(mode & 0o077, file).toBe(0);
    }
  });
});
