import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdReport, MemberReport } from '../../src/cluster/etcd-report.ts';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { killAfter } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-care', { controlPlanes: 3, workers: 0, etcd: 0 });
const nodes = ['cp1', 'cp2', 'cp3'];
const quotaBytes = 64 * 1024 ** 2;
const small = ['--threshold', '5', '--least', '4', '--yes'];

const pki = '/etc/etcd/pki';
const etcdctl = `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;

/** Writes so many values of 1 MiB under one key, and stops at the first refusal, whose words are the answer. */
const put = (count: number): Promise<string> =>
  lab.on(
    'cp1',
    `head -c 1000000 /dev/urandom >/tmp/value; i=0
while [ "$i" -lt ${count} ]; do ${etcdctl} put /fill/value </tmp/value >/tmp/said 2>&1 || { tail -n 1 /tmp/said; exit 0; }; i=$((i + 1)); done`,
  );

/** Gaps in the file of every member. */
async function makeGaps(): Promise<void> {
  expect(await put(20)).toBe('');
  const revision = await lab.on('cp1', `${etcdctl} endpoint status -w fields | sed -n 's/^"Revision" : //p'`);
  // Physically on all: each is asked for its own, since only that one is waited for.
  for (const [index, name] of nodes.entries()) await lab.tryOn(name, `${etcdctl} compact --physical ${Number(revision) - 2 + index}`);
}

async function readReport(): Promise<{ readonly code: number | null; readonly report: EtcdReport }> {
  const { code, stdout } = await lab.kcluster('etcd', 'status', '-o', 'json');
  return { code, report: JSON.parse(stdout) as EtcdReport };
}

const leaderOf = ({ members }: EtcdReport): MemberReport | undefined => members.find(({ role }) => role === 'leader');

/** Begin and end of each member's defragmentation as its own host noted them, in the order in which they began. */
async function spansOf(runId: string): Promise<readonly { readonly name: string; readonly began: string; readonly ended: string }[]> {
  const spans = await Promise.all(
    nodes.map(async (name) => {
      const lines = (await lab.on(name, 'cat /var/lib/kcluster/journal.jsonl')).trim().split('\n');
      const mine = lines
        .map((line) => JSON.parse(line) as { readonly at: string; readonly run: string; readonly step: string; readonly event: string })
        .filter(({ run, step }) => run === runId && step.startsWith('etcd/defrag'));
      return { name, began: mine[0]?.at ?? '', ended: mine.at(-1)?.at ?? '' };
    }),
  );
  return spans.filter(({ began }) => began !== '').toSorted((a, b) => (a.began + a.ended < b.began + b.ended ? -1 : 1));
}

interface Event {
  readonly type: string;
  readonly step?: string;
  readonly runId?: string;
}

describeOnLab("etcd's room", () => {
  beforeAll(async () => {
    await lab.up();
    await lab.write(nodes, { components: { etcd: { extraArgs: { 'quota-backend-bytes': String(quotaBytes) } } } });
    await lab.must('init', '--yes');
  });
  afterAll(() => lab.down());

  test('all is well: members and status say so, and there is nothing to do', async () => {
    const { code, report } = await readReport();
    expect(report.findings).toEqual([]);
    expect(code).toBe(0);
    expect(report).toMatchObject({ isGiven: false, hasQuorum: true });
    expect(report.members.map(({ name, state, quotaBytes: quota }) => [name, state, quota])).toEqual(
      nodes.map((name) => [lab.host(name), 'healthy', quotaBytes]),
    );
    for (const { fsyncP99Ms, raftTerm } of report.members) {
      expect(fsyncP99Ms).toBeGreaterThan(0);
      expect(raftTerm).toBeGreaterThan(1);
    }
    expect(await lab.must('etcd', 'members', '-o', 'wide')).toContain('leader');
    expect(await lab.must('etcd', 'defrag', '--yes')).toContain('nothing to do');
    expect(await lab.must('etcd', 'reclaim', '--yes')).toContain('nothing to do: no alarm NOSPACE is raised');
  });

  describe('full', () => {
    beforeAll(async () => {
      expect(await put(100)).toContain('database space exceeded');
    });

    test('status explains it, and names the way out', async () => {
      const { code, stdout } = await lab.kcluster('etcd', 'status');
      expect(code).toBe(5);
      expect(stdout).toContain('NOSPACE');
      expect(stdout).toContain('kcluster etcd reclaim');
      await expect(lab.kubectl('cp1', 'create configmap full')).rejects.toThrow('database space exceeded');
      expect((await lab.kcluster('preflight')).stdout).toContain('kcluster etcd reclaim');
    });

    test('a backup is made all the same, with a word about it, and is whole', async () => {
      const { code, stdout, stderr } = await lab.kcluster('etcd', 'snapshot', 'save');
      expect([code, stderr]).toEqual([0, expect.stringContaining('etcd is full (alarm NOSPACE)')]);
      const name = /saved .*\/(.+?)\.tar\./.exec(stdout)?.[1] ?? '';
      expect(await lab.must('etcd', 'snapshot', 'verify', name)).toContain(`${name} is whole`);
      // Nothing of it makes room or takes the alarm away.
      expect((await readReport()).report.findings.map(({ id }) => id)).toContain('EtcdAlarm');
    });

    test('when everything is too new to go, it says what fills etcd, and the alarm stays', async () => {
      // Gaps that come with writing are given back at first: it takes a second filling until everything in the file is needed.
      let { code, stderr } = await lab.kcluster('etcd', 'reclaim', '--keep-revisions', '1000', '--yes');
      for (let time = 2; code === 0 && time <= 4; time++) {
        expect(await put(100)).toContain('database space exceeded');
        ({ code, stderr } = await lab.kcluster('etcd', 'reclaim', '--keep-revisions', '1000', '--yes'));
      }
      expect(code, stderr).toBe(5);
      expect(stderr).toContain('there is no room to be had in etcd');
      expect(stderr).toContain('/fill');
      expect(stderr).toContain('quota-backend-bytes');
      expect((await readReport()).report.findings.map(({ id }) => id)).toContain('EtcdAlarm');
    });

    test('killed in the middle, it goes on; then the cluster writes again', async () => {
      const killed = await killAfter(['etcd', 'reclaim', '--keep-revisions', '2', '--yes', '-i', lab.inventory], 1);
      expect(killed.code).toBeNull();
      expect((await readReport()).code).toBe(5);
      expect(await lab.must('etcd', 'reclaim', '--keep-revisions', '2', '--yes')).toContain('etcd takes writes again');
      const { code, report } = await readReport();
      expect([code, report.findings]).toEqual([0, []]);
      for (const { dbSizeBytes } of report.members) expect(dbSizeBytes).toBeLessThan(quotaBytes / 2);
      await lab.kubectl('cp2', 'create configmap roomy');
    });
  });

  test('defrag: followers first, then the leader, which leads no more; never two at once', async () => {
    await makeGaps();
    const before = await readReport();
    const leader = leaderOf(before.report)?.name;
    const planned = await lab.must('etcd', 'defrag', '--dry-run', ...small);
    expect(planned).toContain('lead etcd');
    const { code, stdout, stderr } = await lab.kcluster('etcd', 'defrag', ...small, '--json');
    expect(code, stderr).toBe(0);
    const events = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Event] : []));
    const steps = events.filter(({ type, step }) => /^step-(started|finished)$/.test(type) && step !== undefined);
    expect(steps).toHaveLength(6);
    // Begin and end take turns, and each end is that of the begin before it.
    for (let at = 0; at < steps.length; at += 2) {
      expect([steps[at]?.type, steps[at + 1]?.type, steps[at + 1]?.step]).toEqual(['step-started', 'step-finished', steps[at]?.step]);
    }
    const spans = await spansOf(events.find(({ type }) => type === 'run-started')?.runId ?? '');
    expect(spans).toHaveLength(3);
    for (const [index, { began }] of spans.entries()) expect(began >= (spans[index - 1]?.ended ?? '')).toBe(true);
    expect(steps.at(-1)?.step).toBe(`etcd/defrag-${leader}@${leader}`);
    const after = await readReport();
    expect(leaderOf(after.report)?.name).not.toBe(leader);
    for (const [index, { gainBytes = 0 }] of after.report.members.entries()) {
      expect(gainBytes).toBeLessThan((before.report.members[index]?.gainBytes ?? 0) / 4);
    }
    expect(await lab.must('etcd', 'defrag', ...small)).toContain('nothing to do');
  });

  test('killed in the middle, the next run does the rest', async () => {
    await makeGaps();
    expect((await killAfter(['etcd', 'defrag', ...small, '-i', lab.inventory], 1)).code).toBeNull();
    await lab.must('etcd', 'defrag', ...small);
    for (const { gainBytes } of (await readReport()).report.members) expect(gainBytes).toBeLessThan(8 * 1024 ** 2);
  });

  test('with a member down it is refused; without quorum status still tells', async () => {
    await makeGaps();
    await lab.powerOff('cp3');
    const refused = await lab.kcluster('etcd', 'defrag', ...small);
    expect(refused.code).toBe(8);
    expect(refused.stderr).toContain('MembersNotHealthy');
    // It may have led: the others choose again first.
    const one = await eventually(
      'two members have a leader',
      readReport,
      ({ report }) => report.hasQuorum && leaderOf(report) !== undefined,
    );
    expect(one.code).toBe(5);
    expect(one.report.findings).toMatchObject([{ id: 'EtcdMember', severity: 'error' }]);
    await lab.powerOff('cp2');
    const two = await eventually('the last one has noticed', readReport, ({ report }) => !report.hasQuorum);
    expect(two.code).toBe(5);
    expect(two.report.findings[0]).toMatchObject({ id: 'QuorumLost' });
    const members = await lab.kcluster('etcd', 'members');
    expect([members.code, members.stdout.match(/\bdown\b/g)?.length]).toEqual([5, 4]);
  });
});
