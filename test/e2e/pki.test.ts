import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedNode } from './support/described.ts';
import { readKubeconfig } from './support/kubeconfig.ts';
import { handshake, openssl, readCertificate, strongSuites } from './support/openssl.ts';
import { type Request, request } from './support/request.ts';
import { describeOnLab, onHost, shared } from './support/shared-cluster.ts';
import { openTunnel, type Tunnel } from './support/tunnel.ts';

const controlPlane = (): string => shared.controlPlane;
const worker = (): string => shared.nodes[1] ?? '';
const fileOn = (node: string, file: string) => onHost(node, `cat ${file}`);

const authorities = {
  cluster: '/etc/kubernetes/pki/ca.crt',
  etcd: '/etc/etcd/pki/ca.crt',
  'front-proxy': '/etc/kubernetes/pki/front-proxy-ca.crt',
} as const;
type Authority = keyof typeof authorities;

interface Leaf {
  readonly file: string;
  readonly ca: Authority;
  readonly on: () => string;
  /** RFC 2253; `%` stands for the node's name. */
  readonly subject: string;
  readonly usages: readonly ('client' | 'server')[];
  /** `%`: the node's name, `@`: its address. */
  readonly names?: readonly string[];
}

const loopback = ['localhost', '127.0.0.1', '0:0:0:0:0:0:0:1'];
const apiServerNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '10.96.0.1',
  '%',
  '@',
  ...loopback,
];
const etcdNames = ['%', '@', ...loopback];
const pki = '/etc/kubernetes/pki';

const leaves: readonly Leaf[] = [
  { file: `${pki}/apiserver`, ca: 'cluster', on: controlPlane, subject: 'CN=kube-apiserver', usages: ['server'], names: apiServerNames },
  {
    file: `${pki}/apiserver-kubelet-client`,
    ca: 'cluster',
    on: controlPlane,
    subject: 'CN=kube-apiserver-kubelet-client,O=kcluster:kubelet-api-clients',
    usages: ['client'],
  },
  { file: `${pki}/apiserver-etcd-client`, ca: 'etcd', on: controlPlane, subject: 'CN=kube-apiserver-etcd-client', usages: ['client'] },
  { file: `${pki}/front-proxy-client`, ca: 'front-proxy', on: controlPlane, subject: 'CN=front-proxy-client', usages: ['client'] },
  {
    file: `${pki}/kube-controller-manager`,
    ca: 'cluster',
    on: controlPlane,
    subject: 'CN=kube-controller-manager',
    usages: ['server'],
    names: loopback,
  },
  { file: `${pki}/kube-scheduler`, ca: 'cluster', on: controlPlane, subject: 'CN=kube-scheduler', usages: ['server'], names: loopback },
  { file: '/etc/etcd/pki/server', ca: 'etcd', on: controlPlane, subject: 'CN=%', usages: ['client', 'server'], names: etcdNames },
  { file: '/etc/etcd/pki/peer', ca: 'etcd', on: controlPlane, subject: 'CN=%', usages: ['client', 'server'], names: etcdNames },
  {
    file: '/etc/etcd/pki/healthcheck-client',
    ca: 'etcd',
    on: controlPlane,
    subject: 'CN=kube-etcd-healthcheck-client',
    usages: ['client'],
  },
  ...[controlPlane, worker].map(
    (on): Leaf => ({
      file: '/var/lib/kubelet/pki/kubelet',
      ca: 'cluster',
      on,
      subject: 'CN=system:node:%,O=system:nodes',
      usages: ['server'],
      names: ['%', '@'],
    }),
  ),
];

interface Identity {
  readonly file: string;
  readonly on: () => string;
  readonly subject: string;
}

const kubeconfigs: readonly Identity[] = [
  { file: 'admin.conf', on: controlPlane, subject: 'CN=kubernetes-admin,O=kcluster:cluster-admins' },
  { file: 'controller-manager.conf', on: controlPlane, subject: 'CN=system:kube-controller-manager' },
  { file: 'scheduler.conf', on: controlPlane, subject: 'CN=system:kube-scheduler' },
  { file: 'kubelet.conf', on: controlPlane, subject: 'CN=system:node:%,O=system:nodes' },
  { file: 'kubelet.conf', on: worker, subject: 'CN=system:node:%,O=system:nodes' },
  { file: 'proxy.conf', on: worker, subject: 'CN=system:kube-proxy' },
];

let directory = '';
const caFile = (authority: Authority) => path.join(directory, `${authority}.crt`);

/** What OpenSSL says about a chain, for what the certificate is meant to do. */
async function verify(pem: string, authority: Authority, usage: 'client' | 'server'): Promise<string> {
  const { stdout, stderr } = await openssl(['verify', '-x509_strict', '-purpose', `ssl${usage}`, '-CAfile', caFile(authority)], pem);
  return `${stdout}${stderr}`.trim();
}

async function sharedAddress(node: string): Promise<string> {
  return (await sharedNode(node)).node.internalAddress;
}

const hasLab = shared.inventory !== '';
beforeAll(async () => {
  if (!hasLab) return;
  directory = await mkdtemp(path.join(tmpdir(), 'kcluster-pki-'));
  for (const [authority, file] of Object.entries(authorities)) {
    await writeFile(path.join(directory, `${authority}.crt`), await fileOn(controlPlane(), file));
  }
});
afterAll(() => (hasLab ? rm(directory, { recursive: true, force: true }) : undefined));

describeOnLab('certificates', () => {
  test('come from three authorities that have nothing in common', async () => {
    const facts = await Promise.all(Object.values(authorities).map(async (file) => readCertificate(await fileOn(controlPlane(), file))));
    expect(facts.map(({ isAuthority }) => isAuthority)).toEqual([true, true, true]);
    expect(new Set(facts.map(({ publicKey }) => publicKey)).size).toBe(3);
    expect(new Set(facts.map(({ subject }) => subject)).size).toBe(3);
    for (const { subject, issuer, days } of facts) {
      expect(issuer).toBe(subject);
      expect(days).toBeGreaterThan(3600);
    }
  });

  test.each(leaves)('$file says who it is and what for, and no other authority stands for it', async (leaf) => {
    const node = leaf.on();
    const address = await sharedAddress(node);
    const pem = await fileOn(node, `${leaf.file}.crt`);
    const facts = await readCertificate(pem);
    expect(facts.subject).toBe(leaf.subject.replace('%', node));
    expect(facts.names).toEqual((leaf.names ?? []).map((name) => name.replace('%', node).replace('@', address)).toSorted());
    expect(facts.isAuthority).toBe(false);
    expect(facts.days).toBeLessThan(400);
    for (const usage of ['client', 'server'] as const) {
      if (leaf.usages.includes(usage)) expect(await verify(pem, leaf.ca, usage)).toBe('stdin: OK');
      else expect(await verify(pem, leaf.ca, usage)).toContain('unsuitable certificate purpose');
    }
    for (const other of Object.keys(authorities) as Authority[]) {
      if (other !== leaf.ca)
        expect(await verify(pem, other, leaf.usages[0] ?? 'client')).toContain('unable to get local issuer certificate');
    }
  });

  test.each(leaves)('$file has its own key beside it', async ({ file, on }) => {
    const { publicKey } = await readCertificate(await fileOn(on(), `${file}.crt`));
    const { stdout } = await openssl(['pkey', '-pubout'], await fileOn(on(), `${file}.key`));
    expect(stdout).toBe(publicKey);
  });

  test.each(kubeconfigs)('$file holds $subject', async ({ file, on, subject }) => {
    const { ca, cert, key, server } = readKubeconfig(await fileOn(on(), `/etc/kubernetes/${file}`));
    expect(ca).toBe(await fileOn(controlPlane(), authorities.cluster));
    expect(server).toMatch(/^https:\/\//);
    const facts = await readCertificate(cert);
    expect(facts.subject).toBe(subject.replace('%', on()));
    expect(facts.names).toEqual([]);
    expect(await verify(cert, 'cluster', 'client')).toBe('stdin: OK');
    expect(await verify(cert, 'cluster', 'server')).toContain('unsuitable certificate purpose');
    expect((await openssl(['pkey', '-pubout'], key)).stdout).toBe(facts.publicKey);
  });
});

describeOnLab('what is served', () => {
  let tunnels: ReadonlyMap<string, Tunnel> = new Map();
  const ports = [
    { port: 6443, host: '127.0.0.1', ca: 'cluster', file: `${pki}/apiserver.crt`, on: controlPlane, as: 'kubernetes.default.svc' },
    { port: 2379, host: '127.0.0.1', ca: 'etcd', file: '/etc/etcd/pki/server.crt', on: controlPlane, as: 'localhost' },
    { port: 2380, host: '@', ca: 'etcd', file: '/etc/etcd/pki/peer.crt', on: controlPlane, as: '%' },
    { port: 10250, host: '@', ca: 'cluster', file: '/var/lib/kubelet/pki/kubelet.crt', on: controlPlane, as: '%' },
    { port: 10250, host: '@', ca: 'cluster', file: '/var/lib/kubelet/pki/kubelet.crt', on: worker, as: '%' },
    { port: 10257, host: '127.0.0.1', ca: 'cluster', file: `${pki}/kube-controller-manager.crt`, on: controlPlane, as: 'localhost' },
    { port: 10259, host: '127.0.0.1', ca: 'cluster', file: `${pki}/kube-scheduler.crt`, on: controlPlane, as: 'localhost' },
  ] as const;
  type Port = (typeof ports)[number];

  const targetOf = async ({ host, on, port }: Port) => `${host === '@' ? await sharedAddress(on()) : host}:${port}`;

  beforeAll(async () => {
    const open = [controlPlane, worker].map(async (on) => {
      const targets = await Promise.all(ports.filter((port) => port.on === on).map(targetOf));
      return [on(), await openTunnel(on(), targets)] as const;
    });
    tunnels = new Map(await Promise.all(open));
  });
  afterAll(() => Promise.all([...tunnels.values()].map((tunnel) => tunnel.close())));

  async function socketOf(port: Port): Promise<string> {
    return tunnels.get(port.on())?.socket(await targetOf(port)) ?? '';
  }

  test.each(ports)('on $port is the file $file, under a name that clients use', async (port) => {
    const name = port.as.replace('%', port.on());
    const options = ['-CAfile', caFile(port.ca), '-verify_hostname', name, '-verify_return_error'];
    const { stdout } = await handshake(await socketOf(port), options);
    expect(stdout).toContain('Verify return code: 0 (ok)');
    const served = stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/)?.[0] ?? '';
    expect(served).toBe((await fileOn(port.on(), port.file)).trim());
  });

  test.each(ports)('on $port is not taken for somebody else', async (port) => {
    const options = ['-CAfile', caFile(port.ca), '-verify_hostname', 'example.org', '-verify_return_error'];
    const { code, stderr } = await handshake(await socketOf(port), options);
    expect(code).not.toBe(0);
    expect(stderr).toContain('hostname mismatch');
  });

  test.each(ports)('on $port is refused in TLS 1.1 and 1.0', async (port) => {
    for (const version of ['-tls1', '-tls1_1']) {
      const { code, stderr } = await handshake(await socketOf(port), [version, '-cipher', 'DEFAULT@SECLEVEL=0']);
      expect(code).not.toBe(0);
      // Said by the server, not by an OpenSSL that would not even ask.
      expect(stderr).toContain('alert protocol version');
    }
  });

  test.each(ports)('on $port takes strong suites and no others', async (port) => {
    const socket = await socketOf(port);
    const weak = `ALL:COMPLEMENTOFALL:${strongSuites.map((suite) => `!${suite}`).join(':')}:@SECLEVEL=0`;
    const refused = await handshake(socket, ['-tls1_2', '-cipher', weak]);
    expect(refused.stderr).toContain('alert handshake failure');
    const taken: string[] = [];
    for (const suite of strongSuites) {
      const { stdout } = await handshake(socket, ['-tls1_2', '-cipher', suite]);
      const used = stdout.match(/^New, (.*), Cipher is (.*)$/m);
      if (used?.[2] === suite) taken.push(suite);
    }
    // Keys are elliptic. The API server has a certificate for talking to itself, too, whose key is RSA.
    expect(taken.filter((suite) => suite.includes('ECDSA'))).toHaveLength(2);
    expect((await handshake(socket, ['-tls1_3'])).stdout).toContain('New, TLSv1.3');
  });

  test.each(ports.filter(({ ca }) => ca === 'etcd'))('on $port is for those who show a certificate of etcd’s authority', async (port) => {
    const socket = await socketOf(port);
    const url = `https://localhost:${port.port}/version`;
    const ca = await readFile(caFile('etcd'), 'utf8');
    const asked = (identity: Pick<Request, 'cert' | 'key'>) => request({ url, socketPath: socket, ca, ...identity });
    await expect(asked({})).rejects.toThrow(/certificate required|bad certificate|ECONNRESET|socket hang up/);
    const stranger = readKubeconfig(await fileOn(controlPlane(), '/etc/kubernetes/admin.conf'));
    await expect(asked({ cert: stranger.cert, key: stranger.key })).rejects.toThrow(/unknown ca|bad certificate|ECONNRESET|socket hang up/);
    const file = '/etc/etcd/pki/healthcheck-client';
    const known = { cert: await fileOn(controlPlane(), `${file}.crt`), key: await fileOn(controlPlane(), `${file}.key`) };
    expect((await asked(known)).status).toBe(200);
  });
});
