import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tellApiAway } from './support/api-away.ts';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { killAfter, runUntil } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';
import { writeObjects } from './support/write-objects.ts';

const lab = new OwnLab('e2e-restore', { controlPlanes: 3, workers: 1, etcd: 0 });
const all = ['cp1', 'cp2', 'cp3', 'w1'];
const members = ['cp1', 'cp2', 'cp3'];
const etcdctl = `/opt/kcluster/bin/etcdctl --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key`;
const own = `${etcdctl} --endpoints=https://127.0.0.1:2379`;
const numberOf = (field: string, text: string): number => Number(new RegExp(`"${field}" : (\\d+)`).exec(text)?.[1]);
const revision = async (short: string): Promise<number> =>
  numberOf('Revision', await lab.on(short, `${own} get / --limit=1 --keys-only -w fields`));
const names = async (short: string, prefix: string): Promise<number> =>
  Number(
    await lab.on(short, `${own} get /registry/configmaps/default/${prefix}- --prefix --keys-only --consistency=s | grep -c . || true`),
  );

const marks = async (): Promise<boolean> =>
  (await Promise.all(members.map(async (short) => (await lab.tryOn(short, 'test -e /var/lib/kcluster/restoring.json')).code))).includes(0);

/** What every run does once more: a kill behind it would never let it get further. */
const isRepeated = (step: string): boolean => step.startsWith('restore/check@') || step.startsWith('restore/refresh@');

/** Kills the restore again and again, one step further each time, until it comes to its end by itself; gives how often. */
async function sweep(file: string): Promise<number> {
  let marked = false;
  for (let kills = 0; ; kills++) {
    // Until the hosts are marked, each run begins anew.
    const args = ['etcd', 'snapshot', 'restore', file, '--yes', '-i', lab.inventory];
    const { code, stderr } = await killAfter(args, marked ? 1 : kills + 1, (step) => !isRepeated(step));
    if (code === 0) return kills;
    expect(kills, 'it gets no further').toBeLessThan(100);
    expect(code, stderr).toBeNull();
    const wasMarked = marked;
    marked = await marks();
    if (wasMarked && !marked) {
      // Killed behind its very last step: what is left is what any init does.
      await lab.must('init', '--yes');
      return kills + 1;
    }
    if (marked) continue;
    for (const short of members)
      expect(await lab.on(short, `${own} get /registry/configmaps/default/later --keys-only`)).toContain('later');
  }
}

describeOnLab('restore', () => {
  let backups = '';
  beforeAll(async () => {
    backups = await mkdtemp(path.join(tmpdir(), 'kcluster-backups-'));
    await lab.up();
    await lab.write(all);
    await lab.must('init', '--yes');
    await lab.kubectl('cp1', 'create secret generic kept --from-literal=word=kept');
  });
  afterAll(async () => {
    await lab.down();
    await rm(backups, { recursive: true, force: true });
  });
  skipAfterFailure();

  const adminConf = (): Promise<string> => lab.on('cp1', 'cat /etc/kubernetes/admin.conf');
  /** The archive of a backup that is taken now. */
  async function save(): Promise<string> {
    const before = new Set(await readdir(backups));
    await lab.must('etcd', 'snapshot', 'save', '--to', backups);
    const made = (await readdir(backups)).filter((name) => !before.has(name) && !name.endsWith('.json'));
    expect(made).toHaveLength(1);
    return path.join(backups, made[0] ?? '');
  }
  const restore = (file: string, ...more: readonly string[]): Promise<string> =>
    lab.must('etcd', 'snapshot', 'restore', file, '--yes', ...more);
  const isWhole = async (): Promise<void> => {
    expect(await lab.members('cp1')).toEqual(members.map((name) => `${name} voter started`));
    await eventually(
      'all nodes are Ready',
      () => lab.readyNodes('cp1'),
      (ready) => ready.length === all.length,
      120_000,
    );
    await lab.settles();
  };

  test('three members go back in time: exactly the content of the backup on each of them', async () => {
    await lab.kubectl('cp1', 'create service clusterip before --tcp=80:80');
    expect(await writeObjects(await adminConf(), 'before', 10_000)).toBe(10_000);
    let saved = false;
    const kubeconfig = await adminConf();
    const beside = writeObjects(kubeconfig, 'beside', 100_000, () => saved);
    const file = await save();
    saved = true;
    const written = await beside;
    await writeObjects(kubeconfig, 'later', 200);
    await lab.kubectl('cp1', 'delete service before');
    const last = await revision('cp1');
    const shown = await lab.must('etcd', 'snapshot', 'restore', file, '--dry-run');
    expect(Number(/^configmaps +(\d+) +0 +\d+$/m.exec(shown)?.[1])).toBeGreaterThanOrEqual(200);
    expect(shown).toMatch(/^services +0 +[12] /m);
    expect(shown).toContain('Use the restored data');
    expect(shown).toMatch(/the API is away for about \d+ s/);
    expect(await names('cp1', 'later')).toBe(200);

    const { code, events, stderr } = await runUntil(['etcd', 'snapshot', 'restore', file, '--yes', '-i', lab.inventory], () => undefined);
    expect(code, stderr).toBe(0);
    process.stdout.write(`  ${tellApiAway(events)}\n`);

    const hashes = await Promise.all(
      members.map(async (short) => {
        expect(await names(short, 'before')).toBe(10_000);
        expect(await names(short, 'later')).toBe(0);
        return names(short, 'beside');
      }),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toBeGreaterThan(0);
    expect(hashes[0]).toBeLessThan(written);
    expect(await revision('cp1')).toBeGreaterThan(last);
    await isWhole();
    // Who watched before the restore, and was not restarted by it, hears of what is new: kube-proxy.
    const address = await lab.kubectl('cp1', `get service before -o 'jsonpath={.spec.clusterIP}'`);
    await lab.kubectl('cp1', 'create service clusterip fresh --tcp=80:80');
    const fresh = await lab.kubectl('cp1', `get service fresh -o 'jsonpath={.spec.clusterIP}'`);
    await eventually(
      'kube-proxy knows both Services',
      () => lab.on('w1', 'nft list ruleset'),
      (rules) => rules.includes(address) && rules.includes(fresh),
    );
    expect(await lab.on('cp2', 'ls /var/lib/etcd')).toMatch(/^member\nreplaced-\S+\n$/);
  }, 900_000);

  test('killed behind every step: each next run goes on, and the cluster holds all of the old or all of the restored data', async () => {
    const file = await save();
    await lab.kubectl('cp1', 'create configmap later --from-literal=a=b');
    const kills = await sweep(file);
    process.stdout.write(`  restore was killed ${kills} times\n`);
    expect(kills).toBeGreaterThan(10);
    for (const short of members) expect(await lab.on(short, `${own} get /registry/configmaps/default/later --keys-only`)).toBe('');
    await isWhole();
  }, 1_200_000);

  test('in the middle of it nothing else begins, and it goes on without the backup', async () => {
    const file = await save();
    let halted = false;
    await runUntil(['etcd', 'snapshot', 'restore', file, '--yes', '-i', lab.inventory], ({ type, step }, kill) => {
      if (halted || type !== 'step-finished' || step?.startsWith('restore/halt@') !== true) return;
      halted = true;
      kill('SIGKILL');
    });
    const other = await lab.kcluster('init', '--yes');
    expect(other.code).toBe(8);
    expect(other.stderr).toContain('etcd snapshot restore --resume');
    await lab.must('etcd', 'snapshot', 'restore', '--resume', '--yes');
    await isWhole();
  }, 600_000);

  test('quorum lost for good, two of three hosts new', async () => {
    await lab.kubectl('cp1', 'create configmap kept --from-literal=word=kept');
    const file = await save();
    const token = (await lab.kubectl('cp1', 'create token default --duration=24h')).trim();
    await cp(lab.inventory, `${lab.inventory}.all`);
    await lab.write(['cp2', 'cp3']);
    await lab.must('reset', '--yes');
    await lab.write(all);
    const refused = await lab.kcluster('init', '--yes');
    expect(refused.code, refused.stderr).toBe(8);
    await restore(file);
    await isWhole();
    await lab.isBack('cp2', all);
    expect(await lab.kubectl('cp2', `get configmap kept -o 'jsonpath={.data.word}'`)).toBe('kept');
    const answer = await lab.tryOn(
      'cp3',
      `curl -s --cacert /etc/kubernetes/pki/ca.crt -H @- https://127.0.0.1:6443/api <<'E'\nAuthorization: Bearer ${token}\nE`,
    );
    expect(answer.stdout).toContain('APIVersions');
  }, 900_000);

  test('all hosts are gone: the archive alone brings the cluster back on new ones', async () => {
    const file = await save();
    const authority = await lab.on('cp1', 'sha256sum </etc/kubernetes/pki/ca.crt');
    const token = (await lab.kubectl('cp1', 'create token default --duration=24h')).trim();
    await lab.down();
    await lab.up();
    await lab.write(all);
    const foreign = await lab.kcluster('etcd', 'snapshot', 'restore', file, '--yes');
    expect(foreign.code).toBe(8);
    expect(foreign.stderr).toContain('--adopt');
    await restore(file, '--adopt');
    await isWhole();
    expect(await lab.on('cp2', 'sha256sum </etc/kubernetes/pki/ca.crt')).toBe(authority);
    await lab.isBack('cp3', all);
    expect(await lab.kubectl('cp3', `get secret kept -o 'jsonpath={.data.word}'`)).toBe(Buffer.from('kept').toString('base64'));
    const answer = await lab.tryOn(
      'cp1',
      `curl -s --cacert /etc/kubernetes/pki/ca.crt -H @- https://127.0.0.1:6443/api <<'E'\nAuthorization: Bearer ${token}\nE`,
    );
    expect(answer.stdout).toContain('APIVersions');
  }, 900_000);
});
