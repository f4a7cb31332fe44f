import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBackup } from '../../src/backup/open-backup.ts';
import { machinePaths } from '../../src/lab/paths.ts';
import { requireLabState, requireMachine } from '../../src/lab/state.ts';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { runProgram } from './support/run-kcluster.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-backup', { controlPlanes: 3, workers: 1, etcd: 0 });
/** The worker is in no inventory: it is the machine that copies go to. */
const [nas, port] = ['w1', 9000];
const store = { id: 'AKIDEXAMPLE', secret: 'wJalr/XUtn+FEMI=K7', region: 'lab-1' };
const controlPlanes = ['cp1', 'cp2', 'cp3'];
const deadlineMs = 300_000;
/** Runs are a minute apart: asking more often only keeps the machine busy. */
const pauseMs = 2_000;

interface Listing {
  readonly backups: readonly { readonly place: string; readonly name: string; readonly state: string }[];
  readonly silent: readonly { readonly place: string; readonly error: string }[];
}

interface Report {
  readonly newest?: { readonly name: string; readonly takenAt: string; readonly node: string };
  readonly hosts: readonly {
    readonly node: string;
    readonly timer: string;
    readonly lastRun?: { readonly result: string; readonly by?: string };
  }[];
  readonly problems: readonly string[];
}

/** What hosts made, in the order of time, as their journals tell it. */
async function madeOn(hosts: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(
    hosts.map((host) => lab.on(host, `journalctl -u kcluster-backup -o cat | sed -n 's/^made \\([^,]*\\),.*/\\1/p'`)),
  );
  return texts
    .flatMap((text) => text.trim().split('\n'))
    .filter((name) => name !== '')
    .sort();
}

const minuteOf = (name: string): string => /-(\d{8}T\d{4})\d\dZ-/.exec(name)?.[1] ?? '';
const hostOf = (name: string): string => name.slice(-3);
/** After the runs of this minute on these hosts, and well before those of the next. */
const betweenRuns = (hosts: readonly string[]): Promise<unknown> =>
  eventually(
    'the time between two runs',
    async () => {
      const now = new Date();
      const show = 'TZ=UTC LC_ALL=C systemctl show kcluster-backup.service -p InactiveEnterTimestamp --value';
      const ended = await Promise.all(hosts.map((host) => lab.on(host, show)));
      const minute = now.toISOString().slice(0, 16).replace('T', ' ');
      return now.getSeconds() < 45 && ended.every((time) => time.includes(minute));
    },
    (isBetween) => isBetween,
    deadlineMs,
    pauseMs,
  );

async function waitFor(count: number, hosts: readonly string[]): Promise<readonly string[]> {
  return eventually(
    `${count} backups`,
    () => madeOn(hosts),
    (made) => made.length >= count,
    deadlineMs,
    pauseMs,
  );
}

/** The minute that is in a name, in ms since 1970. */
const timeOf = (name: string): number => Date.parse(minuteOf(name).replace(/^(....)(..)(..)T(..)(..)$/, '$1-$2-$3T$4:$5Z'));

/** One of each minute, without a gap. */
function expectEachMinute(made: readonly string[]): void {
  const times = made.map(timeOf);
  expect(
    times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000),
    made.join(' '),
  ).toEqual(times.slice(1).map(() => 1));
}

describeOnLab('scheduled backups', () => {
  const stored = new Set<string>();
  const refused: string[] = [];
  let place: string;
  let identity: string;
  let snapshots: object;
  let server: ChildProcess;
  let address: string;
  let up = controlPlanes;

  const status = async (): Promise<{ readonly code: number | null; readonly report: Report }> => {
    const { code, stdout } = await lab.kcluster('etcd', 'backup', 'status', '-o', 'json');
    return { code, report: JSON.parse(stdout) as Report };
  };

  const list = async (...more: readonly string[]): Promise<Listing> =>
    JSON.parse(await lab.must('etcd', 'snapshot', 'list', '-o', 'json', ...more)) as Listing;

  /** In the network of the host that is no member. */
  const startStore = async (): Promise<void> => {
    const netns = machinePaths(lab.name, lab.host(nas)).netns;
    const script = path.resolve(import.meta.dirname, 'support/s3-store.ts');
    const words = [`--net=${netns}`, process.execPath, script, String(port), store.id, store.secret, store.region];
    server = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout === null) throw new Error('the store has no output');
    const lines = createInterface({ input: server.stdout });
    const note = (line: string): void => {
      const [method, key = '', result = ''] = line.split(' ');
      if (!/^20\d$/.test(result)) refused.push(line);
      else if (method === 'PUT') stored.add(key);
      else if (method === 'DELETE') stored.delete(key);
    };
    await new Promise<void>((resolve) => {
      lines.on('line', (line) => (line === 'listening' ? resolve() : note(line)));
    });
  };

  beforeAll(async () => {
    await lab.up();
    place = await mkdtemp(path.join(tmpdir(), 'kcluster-e2e-backup-'));
    identity = await generateX25519Identity();
    await writeFile(path.join(place, 'age.key'), `${identity}\n`, { mode: 0o600 });
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(place, 'ssh')]);
    await writeFile(path.join(place, 's3'), `aws_access_key_id = ${store.id}\naws_secret_access_key = ${store.secret}\n`, { mode: 0o600 });
    const { stdout: publicKey } = await runProgram('cat', [path.join(place, 'ssh.pub')]);
    await lab.on(
      nas,
      `install -d -o admin -g admin -m 700 /home/admin/.ssh; printf '%s\\n' '${publicKey.trim()}' >>/home/admin/.ssh/authorized_keys; chown admin: /home/admin/.ssh/authorized_keys`,
    );
    const hostKey = (await lab.on(nas, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).trim();
    ({ address } = requireMachine(await requireLabState(lab.name), lab.host(nas)));
    await startStore();
    for (const host of controlPlanes) await lab.on(host, 'mkdir -p /srv/backup /srv/metrics');
    snapshots = {
      schedule: '* * * * *',
      keep: { last: 2, daily: 0, weekly: 0, monthly: 0 },
      copyTo: [
        '/srv/backup',
        { url: `ssh://admin@${address}/home/admin/etcd`, identityFile: path.join(place, 'ssh'), hostKey },
        { url: 's3://backups/lab', endpoint: `http://${address}:${port}`, region: store.region, credentialsFile: path.join(place, 's3') },
      ],
      encryptTo: [await identityToRecipient(identity)],
      metrics: '/srv/metrics',
    };
    await lab.write(controlPlanes, { cluster: { etcd: { snapshots } } });
    await lab.must('init', '--yes');
  }, 600_000);
  afterAll(async () => {
    server?.kill();
    await rm(place, { recursive: true, force: true });
    if (process.env.KEEP_LAB === undefined) await lab.down();
  });

  test('fire on hosts, one backup an interval over all of them', async () => {
    expect(await lab.must('plan')).toContain('Nothing to do');
    expectEachMinute(await waitFor(2, up));
    expect(await lab.on('cp1', 'systemctl is-active kcluster-backup.timer')).toBe('active\n');
  }, 400_000);

  test('a clock that goes back makes no second one, nor keeps others from acting', async () => {
    await betweenRuns(up);
    const before = await madeOn(up);
    const behind = hostOf(before.at(-1) ?? '');
    // Hosts of a lab share one clock: what programs are told of it is what can be moved.
    await lab.on(
      behind,
      `printf '%s\\n' '#!/bin/sh' 'case "$*" in *-d*) exec /bin/date "$@" ;; esac' 'exec /bin/date -d "3 hours ago" "$@"' >/usr/local/bin/date && chmod 755 /usr/local/bin/date`,
    );
    const made = (await waitFor(before.length + 1, up)).filter((name) => !before.includes(name));
    await lab.on(behind, 'rm /usr/local/bin/date');
    expect(made.filter((name) => hostOf(name) === behind)).toEqual([]);
    expectEachMinute([...before, ...made]);
  }, 400_000);

  test('go to every place, each keeps the newest two, and whoever has the private key reads them', async () => {
    await betweenRuns(up);
    const newest = (await madeOn(up)).slice(-2);
    // zstd where hosts have it.
    const packed = (await lab.on('cp1', 'command -v zstd >/dev/null && echo zst || echo gz')).trim();
    const files = newest.flatMap((name) => [`${name}.json`, `${name}.tar.${packed}.age`]).sort();
    const filesOn = async (host: string, directory: string): Promise<readonly string[]> =>
      (await lab.on(host, `ls ${directory}`)).trim().split('\n');
    expect(await filesOn(nas, '/home/admin/etcd')).toEqual(files);
    expect([...stored].sort()).toEqual(files.map((name) => `/backups/lab/${name}`));
    expect(refused).toEqual([]);
    const made = await madeOn(up);
    for (const host of up) {
      const own = made.filter((name) => hostOf(name) === host).slice(-2);
      const names = own.flatMap((name) => [`${name}.json`, `${name}.tar.${packed}.age`]).sort();
      expect((await filesOn(host, '/var/lib/kcluster/snapshots')).filter((name) => name !== '')).toEqual(names.length === 0 ? [] : names);
    }
    for (const name of files.slice(-2)) {
      const text = await lab.on(nas, `base64 /home/admin/etcd/${name}`);
      await writeFile(path.join(place, name), Buffer.from(text, 'base64'));
    }
    const { record, files: content } = await openBackup(path.join(place, files.at(-1) ?? ''), {
      identityFile: path.join(place, 'age.key'),
    });
    expect(record).toMatchObject({ cluster: lab.name, name: newest[1] });
    expect(record.snapshot.keys).toBeGreaterThan(100);
    expect([...content().keys()]).toEqual(
      expect.arrayContaining(['inventory.yaml', 'host/etc/kubernetes/pki/ca.key', 'host/etc/kubernetes/encryption-config.yaml']),
    );
    expect(content().get('inventory.yaml')?.toString()).toContain('schedule: "* * * * *"');
    await expect(openBackup(path.join(place, files.at(-1) ?? ''))).rejects.toThrow();
  });

  test('are told: next, last, newest, copies, figures', async () => {
    const { code, report } = await status();
    expect([code, report.problems]).toEqual([0, []]);
    expect(report.hosts.map(({ timer }) => timer)).toEqual(['active', 'active', 'active']);
    const table = await lab.must('etcd', 'backup', 'status');
    expect(table).toMatch(/schedule "\* \* \* \* \*" \(UTC\), next: (.*, ){2}/);
    expect(table).toMatch(/s3:\/\/backups\/lab +e2e-backup-cp\d +copied/);
    expect(await lab.must('status')).toMatch(/^newest backup: e2e-backup-\S+ on e2e-backup-cp\d, \d+s old$/m);
    const actor = hostOf(report.newest?.name ?? '');
    expect(await lab.on(actor, 'cat /srv/metrics/kcluster_backup.prom')).toMatch(
      /^kcluster_backup_last_run_ok\{cluster="e2e-backup"\} 1$/m,
    );
  });

  test('made by hand go to the same machine and bucket, and all places are listed and read', async () => {
    for (const to of ['s3://backups/by-hand', `ssh://admin@${address}/home/admin/by-hand`]) {
      expect(await lab.must('etcd', 'snapshot', 'save', '--to', to)).toContain(`saved ${to}/`);
      const { backups } = await list('--in', to);
      expect(backups).toMatchObject([{ place: to, state: 'whole' }]);
      const name = backups[0]?.name ?? '';
      const verified = await lab.must('etcd', 'snapshot', 'verify', name, '--in', to, '--identity', path.join(place, 'age.key'));
      expect(verified).toContain(`${name} is whole`);
    }
    const { backups, silent } = await list();
    expect(silent).toEqual([]);
    const places = new Set(backups.map((backup) => backup.place));
    expect(places).toContain('s3://backups/lab');
    expect(places).toContain(`ssh://admin@${address}/home/admin/etcd`);
    expect([...places].some((each) => each.endsWith(':/srv/backup'))).toBe(true);
  });

  test('the host that acts is stopped: another acts within an interval', async () => {
    await betweenRuns(up);
    const before = await madeOn(up);
    const actor = hostOf(before.at(-1) ?? '');
    await lab.powerOff(actor);
    up = up.filter((host) => host !== actor);
    const own = (await madeOn(up)).length;
    const next = (await waitFor(own + 1, up)).at(-1) ?? '';
    expect(timeOf(next) - timeOf(before.at(-1) ?? '')).toBeLessThanOrEqual(2 * 60_000);
    const { report } = await status();
    expect(report.hosts.find(({ node }) => node === lab.host(actor))?.timer).toBe('unreachable');
  }, 300_000);

  test('that stop are noticed, made by hand, and start again', async () => {
    await lab.must('etcd', 'backup', 'disable', '--yes');
    expect((await status()).code).toBe(5);
    // Newer ones are out of sight for a while, so that the time until the rest is too old need not pass here.
    const held = await Promise.all(up.map((host) => lab.on(host, 'ls /var/lib/kcluster/snapshots/*.json 2>/dev/null || true')));
    const [oldest = '', ...newer] = held.flatMap((text) => text.split('\n').filter((file) => file !== '')).sort();
    const host = up.find((_, index) => held[index]?.includes(oldest)) ?? '';
    const names = newer.map((file) => path.basename(file, '.json'));
    const move = (from: string, to: string): Promise<unknown> =>
      Promise.all(
        up.map((each) =>
          lab.on(each, `mkdir -p ${to}; cd ${from}; for n in ${names.join(' ')}; do mv -- "$n".* ${to}/ 2>/dev/null; done; true`),
        ),
      );
    await move('/var/lib/kcluster/snapshots', '/root/aside');
    const stale = await eventually(
      'stale',
      status,
      ({ report }) => report.problems.some((problem) => problem.includes('older than twice')),
      deadlineMs,
    );
    expect(stale.code).toBe(5);
    await move('/root/aside', '/var/lib/kcluster/snapshots');
    expect(await lab.must('etcd', 'backup', 'run', '--node', lab.host(host))).toMatch(
      new RegExp(`^${lab.host(host)}: made e2e-backup-`, 'm'),
    );
    expect((await status()).report.problems.filter((problem) => problem.includes('older'))).toEqual([]);
  }, 400_000);

  test('prune asks, and leaves what the inventory keeps', async () => {
    await lab.write(controlPlanes, {
      cluster: { etcd: { snapshots: { ...snapshots, keep: { last: 1, daily: 0, weekly: 0, monthly: 0 } } } },
    });
    const count = async (): Promise<readonly string[]> =>
      Promise.all(up.map(async (host) => (await lab.on(host, 'ls /var/lib/kcluster/snapshots/*.json | wc -l')).trim()));
    const before = await count();
    expect(before).toContain('2');
    const { code, stdout } = await lab.kcluster('etcd', 'snapshot', 'prune');
    expect([code, stdout]).toEqual([9, expect.stringContaining('PLACE')]);
    expect(await count()).toEqual(before);
    expect(stdout).toContain('s3://backups/lab');
    await lab.must('etcd', 'snapshot', 'prune', '--yes');
    // A host that never had its turn has none.
    expect(await count()).toEqual(before.map((held) => (held === '0' ? '0' : '1')));
    const { backups, silent } = await list();
    for (const [each, mine] of Map.groupBy(backups, (backup) => backup.place)) expect(mine.length, each).toBe(1);
    expect(silent.map((each) => each.place)).toEqual(controlPlanes.filter((host) => !up.includes(host)).map((host) => lab.host(host)));
    expect((await list('--in', 's3://backups/by-hand')).backups.length).toBe(1);
    expect(await lab.must('etcd', 'snapshot', 'prune', '--yes')).toContain('nothing to do');
  });

  test('end with the schedule of the inventory; what was made stays', async () => {
    await lab.powerOn();
    await lab.isBack('cp1', controlPlanes);
    await lab.must('etcd', 'backup', 'enable', '--yes');
    expect((await status()).report.hosts.map(({ timer }) => timer)).toEqual(['active', 'active', 'active']);
    expect(await lab.must('plan')).toContain('Nothing to do');
    await lab.write(controlPlanes);
    const names = 'ls /var/lib/kcluster/snapshots';
    const holders: string[] = [];
    for (const host of controlPlanes) if ((await lab.on(host, names)).includes('.json')) holders.push(host);
    expect(holders.length).toBeGreaterThan(0);
    await lab.must('init', '--yes');
    for (const host of controlPlanes) {
      expect(await lab.on(host, 'ls -d /etc/kcluster/backup /etc/systemd/system/*backup* 2>/dev/null || true')).toBe('');
      expect(await lab.on(host, 'systemctl show -p LoadState,ActiveState --value kcluster-backup.timer')).toBe('not-found\ninactive\n');
      if (holders.includes(host)) expect(await lab.on(host, names)).toContain('.json');
    }
    expect(await lab.must('plan')).toContain('Nothing to do');
  }, 400_000);
});
