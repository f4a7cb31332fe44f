import { randomBytes } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { EtcdReport } from '../../src/cluster/etcd-report.ts';
import { loadInventory } from '../../src/inventory/load-inventory.ts';
import { labDown } from '../../src/lab/lab-down.ts';
import { sshArguments } from '../../src/lab/lab-ssh.ts';
import { labUp } from '../../src/lab/lab-up.ts';
import { labPaths } from '../../src/lab/paths.ts';
import { requireLabState, requireMachine } from '../../src/lab/state.ts';
import type { LeafRequest } from '../../src/pki/certificate-table.ts';
import { type Issued, issueAuthority } from '../../src/pki/issue-authority.ts';
import { issueLeaf } from '../../src/pki/issue-leaf.ts';
import { feedProgram } from './support/feed-program.ts';
import { type Finished, runKcluster } from './support/run-kcluster.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = 'e2e-given';
const [controlPlane, etcd] = [`${lab}-cp1`, `${lab}-etcd1`];
const report = (): void => undefined;

/** Runs sh on a host of the lab; a file becomes the script's standard input. */
async function onHost(host: string, script: string, file?: string): Promise<string> {
  const machine = requireMachine(await requireLabState(lab), host);
  const words = sshArguments(lab, machine, { user: 'root', command: [script] });
  const { code, stdout, stderr } = await feedProgram('ssh', words, file === undefined ? undefined : createReadStream(file));
  if (code !== 0) throw new Error(`${host}: ${script} ended with ${code}\n${stderr}`);
  return stdout;
}

const authorityRequest = { commonName: 'the operators own etcd', days: 30, keyAlgorithm: 'ecdsa-p256' } as const;

function issue(authority: Issued, more: Partial<LeafRequest>): Promise<Issued> {
  const request = { id: 'given', ca: 'etcd', organizations: [], names: [], addresses: [], days: 20, keyAlgorithm: 'ecdsa-p256' } as const;
  return issueLeaf({ ...request, commonName: 'kube', usages: ['client'], ...more }, authority, randomBytes, new Date());
}

describeOnLab('an etcd that the operator runs', () => {
  const place = path.join(labPaths(lab).directory, 'given');
  const inventory = path.join(place, 'inventory.yaml');
  const at = (name: string): string => path.join(place, 'etcd', name);
  let authority: Issued;
  /** Name of one that was made of it. */
  let backup = '';

  const kcluster = (...args: readonly string[]): Promise<Finished> => runKcluster([...args, '-i', inventory]);
  const giveClient = async (client: Issued): Promise<void> => {
    await writeFile(at('client.crt'), client.certificate);
    await writeFile(at('client.key'), client.key, { mode: 0o600 });
  };
  const editInventory = async (edit: (text: string) => string): Promise<() => Promise<void>> => {
    const before = await readFile(inventory, 'utf8');
    await writeFile(inventory, edit(before));
    return () => writeFile(inventory, before);
  };

  /** By hand, as somebody who knows nothing of kcluster. */
  const startEtcd = async (address: string): Promise<void> => {
    authority = await issueAuthority(authorityRequest, randomBytes, new Date());
    const server = await issue(authority, { commonName: 'etcd', usages: ['client', 'server'], addresses: [address, '127.0.0.1'] });
    await writeFile(at('ca.crt'), authority.certificate);
    await writeFile(at('server.pem'), `${server.key}${server.certificate}`);
    const version = selectVersions(await loadInventory(inventory)).etcd;
    const release = `github.com/etcd-io/etcd/releases/download/v${version}/etcd-v${version}-linux-amd64.tar.gz`;
    await onHost(etcd, 'mkdir -p /srv/etcd && tar xz -C /srv/etcd --strip-components 1', path.join(inject('mirror'), release));
    await onHost(etcd, 'umask 077; cat >/srv/etcd/server.pem', at('server.pem'));
    await onHost(etcd, 'cat >/srv/etcd/ca.crt', at('ca.crt'));
    await rm(at('server.pem'));
    const flags = [
      '--name mine --data-dir /var/lib/etcd/mine --initial-cluster mine=http://127.0.0.1:2380',
      '--listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380',
      `--listen-client-urls https://${address}:2379,https://127.0.0.1:2379 --advertise-client-urls https://${address}:2379`,
      '--cert-file /srv/etcd/server.pem --key-file /srv/etcd/server.pem --client-cert-auth --trusted-ca-file /srv/etcd/ca.crt',
    ];
    await onHost(etcd, `systemd-run --unit=my-etcd --property=Type=notify /srv/etcd/etcd ${flags.join(' ')}`);
  };

  beforeAll(async () => {
    await labDown(lab, report);
    const made = await labUp({ name: lab, controlPlanes: 1, workers: 0, etcd: 1, mirror: inject('mirror'), install: true, report });
    const address = made.hosts.find(({ name }) => name === etcd)?.address ?? '';
    const { cluster, nodes, ...rest } = parse(await readFile(made.inventory, 'utf8'));
    const own = { topology: 'external', endpoints: [`https://${address}:2379`], caFile: 'etcd/ca.crt', certFile: 'etcd/client.crt' };
    const mine = nodes.filter((node: { readonly name: string }) => node.name === controlPlane);
    await mkdir(path.join(place, 'etcd'), { recursive: true });
    await writeFile(inventory, stringify({ ...rest, cluster: { ...cluster, etcd: { ...own, keyFile: 'etcd/client.key' } }, nodes: mine }));
    await startEtcd(address);
  });
  afterAll(() => (process.env.KEEP_LAB === undefined ? labDown(lab, report) : undefined));

  test('that does not know the certificate is found out before anything is changed', async () => {
    const stranger = await issueAuthority(authorityRequest, randomBytes, new Date());
    await giveClient(await issue(stranger, {}));
    const { code, stderr } = await kcluster('init', '--yes');
    expect(code).toBe(3);
    expect(stderr).toMatch(/is not healthy: .*\[ExternalEtcd\]/);
    expect(await onHost(controlPlane, 'ls -d /var/lib/kcluster /etc/kubernetes 2>/dev/null || true; ls -A /run/kcluster')).toBe('');
  });

  test('carries a cluster, whose second run finds nothing to do', async () => {
    await giveClient(await issue(authority, {}));
    const { code, stderr } = await kcluster('init', '--yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('done:')]);
    expect((await kcluster('plan')).stdout).toContain('Nothing to do');
    expect((await kcluster('status')).stdout).toMatch(/Ready/);
    const kubectl = '/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf';
    expect(await onHost(controlPlane, `${kubectl} get nodes --no-headers`)).toMatch(/ Ready /);
    const client = '--cacert /srv/etcd/ca.crt --cert /srv/etcd/server.pem --key /srv/etcd/server.pem';
    expect(await onHost(etcd, `/srv/etcd/etcdctl ${client} get /registry/ --prefix --keys-only | grep -c registry`)).toMatch(/^\d{2,}/);
  });

  test('tells its members and how they are, through the API server’s host', async () => {
    const status = await kcluster('etcd', 'status', '-o', 'json');
    expect(status.code, status.stderr).toBe(0);
    const found = JSON.parse(status.stdout) as EtcdReport;
    expect(found).toMatchObject({ isGiven: true, hasQuorum: true, findings: [] });
    expect(found.members).toMatchObject([{ name: 'mine', role: 'leader', state: 'healthy' }]);
    expect(found.members[0]?.dbSizeBytes).toBeGreaterThan(0);
    for (const verb of ['status', 'members']) {
      expect(await kcluster('etcd', verb)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mine .*leader/m) });
    }
  });

  test('is backed up with everything of the cluster, and that backup is good', async () => {
    const { code, stdout, stderr } = await kcluster('etcd', 'snapshot', 'save');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('taken from mine');
    backup = /saved .*\/(.+?)\.tar\./.exec(stdout)?.[1] ?? '';
    expect(await kcluster('etcd', 'snapshot', 'verify', backup)).toMatchObject({ code: 0, stdout: expect.stringContaining('is whole') });
  });

  test.each([
    ['defrag', 'kcluster changes nothing in it'],
    ['reclaim', 'kcluster changes nothing in it'],
    ['snapshot restore', 'kcluster cannot replace its data'],
  ])('is not changed: etcd %s is refused', async (verb, reason) => {
    const named = verb === 'snapshot restore' ? [backup] : [];
    const started = 'systemctl show -p ExecMainStartTimestampMonotonic --value kube-apiserver my-etcd';
    const seen = async () => [
      await onHost(controlPlane, started),
      await onHost(etcd, started),
      await onHost(etcd, 'ls /var/lib/etcd/mine'),
    ];
    const before = await seen();
    const { code, stderr } = await kcluster('etcd', ...verb.split(' '), ...named, '--yes');
    expect([code, stderr]).toEqual([8, expect.stringContaining('run by others')]);
    expect(stderr).toContain(reason);
    expect(await seen()).toEqual(before);
  });

  test('is not kcluster’s: no authority of it is made, nothing runs or is claimed for it', async () => {
    const made = readdirSync(path.join(place, '.kcluster', lab, 'pki'));
    expect(made.filter((name) => name.includes('etcd'))).toEqual([]);
    expect(
      await onHost(controlPlane, 'find / -xdev -path /proc -prune -o -name "etcd-ca*" -print -o -path "*/pki/etcd/ca.key" -print'),
    ).toBe('');
    const manifest = await onHost(controlPlane, 'cat /var/lib/kcluster/manifest.json');
    expect(manifest).not.toMatch(/etcd\.service|\/var\/lib\/etcd|\/etc\/etcd/);
  });

  // kubectl keeps what it learned of the API there; nothing else may stay.
  test('shares its key with the API server alone', async () => {
    expect(
      await onHost(
        controlPlane,
        'stat -c "%a %U" /etc/kubernetes/pki/apiserver-etcd-client.key; ls -A /run/kcluster | grep -vx kubectl || true',
      ),
    ).toBe('600 root\n');
    const secret = readFileSync(at('client.key'), 'utf8').split('\n')[1] ?? '';
    const logs = path.join(place, '.kcluster', lab, 'runs');
    const texts = readdirSync(logs).map((name) => readFileSync(path.join(logs, name), 'utf8'));
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.filter((text) => text.includes(secret) || text.includes(Buffer.from(secret).toString('base64').slice(0, 40)))).toEqual([]);
  });

  test('gets a renewed certificate, and one restart', async () => {
    const started = 'systemctl show -p ExecMainStartTimestampMonotonic --value kube-apiserver kubelet';
    const [before, kubelet] = (await onHost(controlPlane, started)).split(/\s+/);
    const renewed = await issue(authority, { commonName: 'renewed' });
    await giveClient(renewed);
    const { code } = await kcluster('init', '--yes');
    expect(code).toBe(0);
    expect(await onHost(controlPlane, 'cat /etc/kubernetes/pki/apiserver-etcd-client.crt')).toBe(renewed.certificate);
    const [after, sameKubelet] = (await onHost(controlPlane, started)).split(/\s+/);
    expect([after === before, sameKubelet === kubelet]).toEqual([false, true]);
    expect((await kcluster('plan')).stdout).toContain('Nothing to do');
  });

  test('is refused without its files, by the name of the field', async () => {
    const undo = await editInventory((text) => text.replace('etcd/client.key', 'etcd/gone.key'));
    const { code, stderr } = await kcluster('init', '--yes');
    await undo();
    expect([code, stderr]).toEqual([2, expect.stringMatching(/cluster\.etcd\.keyFile: .*gone\.key cannot be read: there is no such file/)]);
  });

  test('and what the living cluster was founded with cannot be edited', async () => {
    const undo = await editInventory((text) =>
      text.replace('podCIDR: 10.244.0.0/16', 'podCIDR: 10.240.0.0/12\n    dnsDomain: example.org'),
    );
    const [plan, init] = [await kcluster('plan'), await kcluster('init', '--yes')];
    await undo();
    for (const { code, stderr } of [plan, init]) {
      expect(code).toBe(8);
      expect(stderr).toContain('cluster.network.podCIDR is 10.244.0.0/16 in this cluster, and cannot become 10.240.0.0/12');
      expect(stderr).toContain('cluster.network.dnsDomain is cluster.local');
    }
    expect((await kcluster('plan')).stdout).toContain('Nothing to do');
  });

  test('nor is another minor rolled out like a setting', async () => {
    const undo = await editInventory((text) => text.replace(/kubernetesVersion: .*/, 'kubernetesVersion: 1.36.5'));
    const { code, stderr } = await kcluster('init', '--yes');
    await undo();
    expect([code, stderr]).toEqual([8, expect.stringContaining('kube-apiserver is 1.37.1, and the inventory wants 1.36.5')]);
    expect((await kcluster('plan')).stdout).toContain('Nothing to do');
  });
});
