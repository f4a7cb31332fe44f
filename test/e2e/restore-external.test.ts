import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tellApiAway } from './support/api-away.ts';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { runUntil } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-apart', { controlPlanes: 1, workers: 0, etcd: 3 });
const members = ['etcd1', 'etcd2', 'etcd3'];
const pki = '/etc/etcd/pki';
const etcdctl = `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;

/** Keys of ConfigMaps in the default namespace, as one member holds them by itself. */
const configMaps = (member: string): Promise<string> =>
  lab.on(member, `${etcdctl} get /registry/configmaps/default/ --prefix --keys-only --consistency=s | grep . | sort`);
/** What a member hashes: every key with its history. */
const hashOf = async (member: string): Promise<string> =>
  /"Hash" : (\d+)/.exec(await lab.on(member, `${etcdctl} endpoint hashkv -w fields`))?.[1] ?? '';

describeOnLab('etcd on machines of its own, and an encrypted backup', () => {
  let place: string;
  let key: string;
  let archive: string;

  beforeAll(async () => {
    await lab.up();
    place = await mkdtemp(path.join(tmpdir(), 'kcluster-e2e-apart-'));
    key = path.join(place, 'age.key');
    const identity = await generateX25519Identity();
    await writeFile(key, `${identity}\n`, { mode: 0o600 });
    const snapshots = { encryptTo: [await identityToRecipient(identity)] };
    await lab.write(['cp1', ...members], { cluster: { etcd: { topology: 'external', snapshots } } });
    await lab.must('init', '--yes');
  });
  afterAll(async () => {
    await lab.down();
    await rm(place, { recursive: true, force: true });
  });

  const restore = (...more: readonly string[]) => lab.kcluster('etcd', 'snapshot', 'restore', archive, ...more);

  test('the backup is made from a member apart, and only its key opens it', async () => {
    await lab.kubectl('cp1', 'create secret generic kept --from-literal=word=kept');
    await lab.kubectl('cp1', 'create configmap kept --from-literal=word=before');
    await lab.must('etcd', 'snapshot', 'save', '--to', place);
    const [file = ''] = (await readdir(place)).filter((name) => name.endsWith('.age'));
    archive = path.join(place, file);
    await lab.kubectl('cp1', 'create configmap later --from-literal=a=b');
    await lab.kubectl('cp1', 'delete secret kept');
    const stranger = path.join(place, 'other.key');
    await writeFile(stranger, `${await generateX25519Identity()}\n`, { mode: 0o600 });
    expect(await restore('--yes')).toMatchObject({ code: 2, stderr: expect.stringContaining('--identity') });
    expect(await restore('--yes', '--identity', stranger)).toMatchObject({ code: 2, stderr: expect.stringContaining('key') });
    expect((await restore('--yes', '--identity', key, '--resume')).code).toBe(2);
    expect(await lab.kubectl('cp1', 'get configmap later -o name')).toBe('configmap/later\n');
  });

  test('the plan stops API servers on one kind of host and etcd on the other, and says what changes', async () => {
    const { code, stdout, stderr } = await restore('--dry-run', '--identity', key);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^configmaps +1 +0 /m);
    expect(stdout).toMatch(/^secrets +0 +1 /m);
    const of = (host: string): string => stdout.split(new RegExp(`^${lab.host(host)}$`, 'm'))[1]?.split(/\n(?=e2e-apart-)/)[0] ?? '';
    expect(of('cp1')).toMatch(/! stop kube-apiserver\.service/);
    expect(of('cp1')).not.toContain('stop etcd.service');
    for (const member of members) {
      expect(of(member)).toMatch(/! stop etcd\.service/);
      expect(of(member)).toContain('use the restored data');
      expect(of(member)).not.toContain('kube-apiserver');
    }
  });

  test('all members go back in time together, and init has nothing left to do', async () => {
    const before = await lab.on('etcd1', `${etcdctl} get / --limit=1 --keys-only -w fields`);
    const words = ['etcd', 'snapshot', 'restore', archive, '--yes', '--identity', key, '-i', lab.inventory];
    const { code, events, stderr } = await runUntil(words, () => undefined);
    expect(code, stderr).toBe(0);
    process.stdout.write(`  ${tellApiAway(events)}\n`);
    expect(await lab.members('etcd2')).toEqual(members.map((name) => `${name} voter started`));
    const kept = await Promise.all(members.map(configMaps));
    expect(kept).toEqual(members.map(() => kept[0]));
    expect(kept[0]).toContain('/kept\n');
    expect(kept[0]).not.toContain('/later');
    // Writes go on, so that the members are asked again until none fell between them.
    const hashes = async (): Promise<ReadonlySet<string>> => new Set(await Promise.all(members.map(hashOf)));
    await eventually('equal on all members', hashes, (seen) => seen.size === 1 && !seen.has(''));
    const revision = (text: string): number => Number(/"Revision" : (\d+)/.exec(text)?.[1]);
    expect(revision(await lab.on('etcd1', `${etcdctl} get / --limit=1 --keys-only -w fields`))).toBeGreaterThan(revision(before));
    expect(await lab.kubectl('cp1', `get secret kept -o 'jsonpath={.data.word}'`)).toBe(Buffer.from('kept').toString('base64'));
    for (const member of members) expect(await lab.on(member, 'ls /var/lib/etcd')).toMatch(/^member\nreplaced-\S+\n$/);
    expect((await lab.tryOn('cp1', 'ls -d /var/lib/etcd/* /var/lib/kcluster/restoring.json')).code).not.toBe(0);
    await lab.isBack('cp1', ['cp1']);
    await lab.settles();
    expect(await lab.must('init', '--yes')).toMatch(/nothing to do/i);
  });

  test('what was put aside goes when it is asked for', async () => {
    await lab.must('etcd', 'snapshot', 'restore', '--prune', '--yes');
    for (const member of members) expect(await lab.on(member, 'ls /var/lib/etcd')).toBe('member\n');
    expect(await lab.must('plan')).toContain('Nothing to do');
  });
});
