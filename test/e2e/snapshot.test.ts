import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupListing } from '../../src/cluster/backup-listing.ts';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { type Finished, runProgram } from './support/run-kcluster.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-snapshot', { controlPlanes: 3, workers: 0, etcd: 0 });
const hosts = ['cp1', 'cp2', 'cp3'] as const;
const snapshots = '/var/lib/kcluster/snapshots';
const pki = '/etc/etcd/pki';
const etcdctl = `/opt/kcluster/bin/etcdctl --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;

const backups = (): string => path.join(path.dirname(lab.inventory), '.kcluster', lab.name, 'backups');
const listed = async (): Promise<readonly BackupListing[]> =>
  (JSON.parse(await lab.must('etcd', 'snapshot', 'list', '-o', 'json')) as { backups: readonly BackupListing[] }).backups;
/** Name of the backup that a save printed. */
const nameIn = (stdout: string): string => /saved .*\/(.+?)\.tar\./.exec(stdout)?.[1] ?? '';
const save = async (...flags: readonly string[]): Promise<string> => nameIn(await lab.must('etcd', 'snapshot', 'save', ...flags));
const recordOf = async (name: string): Promise<{ readonly member: string; readonly snapshot: { readonly revision: number } }> =>
  JSON.parse(await readFile(path.join(backups(), `${name}.json`), 'utf8'));
const everywhere = (script: string): Promise<readonly string[]> => Promise.all(hosts.map((host) => lab.on(host, script)));
const leftOn = async (): Promise<readonly string[]> =>
  (await everywhere(`ls -A ${snapshots} 2>/dev/null || true`)).map((text) => text.trim());
/** Name of the member that leads. */
async function leader(): Promise<string> {
  const own = `${etcdctl} --endpoints=https://127.0.0.1:2379`;
  const id = /"leader":(\d+)/.exec(await lab.on('cp1', `${own} endpoint status -w json`))?.[1] ?? '';
  const list = await lab.on('cp1', `${own} member list -w json`);
  const name = /"name":"([^"]+)"/.exec(list.slice(list.indexOf(`"ID":${id}`)))?.[1];
  if (id === '' || name === undefined) throw new Error(`no leader in ${list}`);
  return name;
}
const etcdProcesses = (): Promise<readonly string[]> => everywhere('pgrep -x etcd');

describeOnLab('backups', () => {
  beforeAll(async () => {
    await lab.up();
    await lab.write(hosts);
    await lab.must('init', '--yes');
    await lab.kubectl('cp1', 'create secret generic known --from-literal=word=open-sesame');
  });
  afterAll(() => lab.down());

  test('one is made while writes go on and the leader moves, and stands every check', async () => {
    const writer = lab.tryOn(
      'cp1',
      `touch /run/writing; i=0; while [ -e /run/writing ]; do i=$((i + 1)); ${etcdctl} put /e2e/$((i % 50)) $i >/dev/null; done; echo $i`,
    );
    const mover = lab.tryOn(
      'cp1',
      `while [ -e /run/writing ]; do for id in $(${etcdctl} member list | cut -d, -f1); do
         ${etcdctl} --endpoints=$(${etcdctl} member list | sed 's/.*, \\(https:[^,]*\\), false/\\1/' | paste -sd,) move-leader $id >/dev/null 2>&1; sleep 0.3; done; done`,
    );
    const names = [await save(), await save(), await save()];
    await lab.on('cp1', 'rm /run/writing');
    expect(Number((await writer).stdout)).toBeGreaterThan(5);
    await mover;
    expect(new Set(names).size).toBe(3);
    expect(await leftOn()).toEqual(['', '', '']);
    for (const name of names) {
      expect(await lab.must('etcd', 'snapshot', 'verify', name)).toContain('is whole');
      const files = (await readdir(backups())).filter((file) => file.startsWith(name));
      for (const file of files) expect(((await stat(path.join(backups(), file))).mode & 0o777).toString(8)).toBe('600');
    }
    const [first] = await listed();
    expect(first).toMatchObject({ state: 'whole', encrypted: false, checked: { how: 'read' } });
  });

  test('a drill restores it beside everything, opens a Secret and leaves nothing', async () => {
    const name = await save();
    const before = await etcdProcesses();
    const members = await lab.members('cp1');
    const told = await lab.must('etcd', 'snapshot', 'verify', name, '--drill', '--on', lab.host('cp2'));
    expect(told).toMatch(/^secrets +\d/m);
    expect(told).toMatch(/readable with the key key1 of the backup/);
    expect([await etcdProcesses(), await lab.members('cp1'), await leftOn()]).toEqual([before, members, ['', '', '']]);
    expect((await listed()).find((each) => each.name === name)?.checked?.how).toBe('drill');
  });

  test('it is taken from a follower; members that are down are no hindrance, none at all is', async () => {
    const saveWhileOneLeads = async () => {
      const before = await leader();
      const { stdout, stderr } = await lab.kcluster('etcd', 'snapshot', 'save');
      const { member } = await recordOf(nameIn(stdout));
      // Without a warning every member answered, and followed one that leads.
      return { before, after: await leader(), member, stderr };
    };
    const isSteady = ({ before, after, stderr }: Awaited<ReturnType<typeof saveWhileOneLeads>>): boolean =>
      before === after && !/does not answer|sees no leader|no snapshot from/.test(stderr);
    const { before, member } = await eventually('one leads all along', saveWhileOneLeads, isSteady);
    expect(member).not.toBe(before);

    await lab.on('cp2', 'systemctl stop etcd');
    expect((await recordOf(await save())).member).not.toBe(lab.host('cp2'));
    await lab.on('cp3', 'systemctl stop etcd');
    const seen = () => lab.tryOn('cp1', `${etcdctl} --endpoints=https://127.0.0.1:2379 endpoint status -w fields`);
    await eventually('the last member has noticed', seen, ({ stdout }) => stdout.includes('"Leader" : 0'), 60_000);
    const alone = await lab.kcluster('etcd', 'snapshot', 'save');
    expect([alone.code, (await recordOf(nameIn(alone.stdout))).member]).toEqual([0, lab.host('cp1')]);
    expect(alone.stderr).toContain('sees no leader');
    await lab.on('cp1', 'systemctl stop etcd');
    const none = await lab.kcluster('etcd', 'snapshot', 'save');
    expect([none.code, none.stderr]).toEqual([8, expect.stringContaining('no member of etcd answers')]);
    expect(await leftOn()).toEqual(['', '', '']);
    await everywhere('systemctl start --no-block etcd');
    for (const host of hosts) await lab.isBack(host, hosts);
    await lab.settles();
  });

  test('a copy stays on the host when it is wanted, and is found by its name', async () => {
    const name = await save('--keep-on-host');
    const places = (await listed()).filter((each) => each.name === name).map(({ place }) => place);
    expect(places).toEqual([backups(), lab.host('cp1')]);
    await rm(path.join(backups(), `${name}.json`));
    await rm(path.join(backups(), `${name}.tar.zst`), { force: true });
    await rm(path.join(backups(), `${name}.tar.gz`), { force: true });
    expect(await lab.must('etcd', 'snapshot', 'verify', name)).toContain('is whole');
    await lab.on('cp1', `truncate -s -1 ${snapshots}/${name}.tar.*`);
    expect((await listed()).find((each) => each.name === name)?.state).toBe('cut off');
    expect(await lab.kcluster('etcd', 'snapshot', 'verify', name)).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('is not whole'),
    });
    await lab.on('cp1', `rm ${snapshots}/${name}.*`);
  });

  test('an empty file is refused and shown as what it is', async () => {
    const name = await save();
    const archive = (await readdir(backups())).find((file) => file.startsWith(`${name}.tar.`)) ?? '';
    await truncate(path.join(backups(), archive));
    expect(await lab.kcluster('etcd', 'snapshot', 'verify', name)).toMatchObject({ code: 8, stderr: expect.stringContaining('0 bytes') });
    expect((await listed()).find((each) => each.name === name)?.state).toBe('cut off');
    await rm(path.join(backups(), `${name}.json`));
    await rm(path.join(backups(), archive));
  });

  test('a full disk on hosts or here is told before anything is written', async () => {
    const refused = (result: Finished): void => {
      expect([result.code, result.stderr]).toEqual([5, expect.stringMatching(/MiB free/)]);
    };
    await everywhere(`mkdir -p ${snapshots}; mount -t tmpfs -o size=1m none ${snapshots}`);
    try {
      refused(await lab.kcluster('etcd', 'snapshot', 'save'));
      expect(await leftOn()).toEqual(['', '', '']);
    } finally {
      await everywhere(`umount ${snapshots}`);
    }
    const small = await mkdtemp(path.join(tmpdir(), 'kcluster-small-'));
    await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', small]);
    try {
      refused(await lab.kcluster('etcd', 'snapshot', 'save', '--to', small));
      expect([await readdir(small), await leftOn()]).toEqual([[], ['', '', '']]);
    } finally {
      await runProgram('umount', [small]);
      await rm(small, { recursive: true });
    }
  });

  test('a save that is interrupted leaves nothing', async () => {
    const { spawn } = await import('node:child_process');
    const { root } = await import('./support/run-kcluster.ts');
    const child = spawn(process.execPath, [path.join(root, 'bin/kcluster.js'), 'etcd', 'snapshot', 'save', '-i', lab.inventory], {
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await eventually(
      'a backup is under way',
      async () => (await leftOn()).some((text) => text.includes('.partial')) || child.exitCode !== null,
      (seen) => seen,
      60_000,
    );
    child.kill('SIGINT');
    expect([0, 130]).toContain(await ended);
    await eventually('nothing is left', leftOn, (left) => left.every((text) => text === ''), 30_000);
  });

  test('the next run finds nothing to do', async () => {
    expect(await lab.must('plan')).toContain('Nothing to do');
  });
});
