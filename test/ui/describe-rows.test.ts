import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { describeArtifacts, describeFetch, describeHosts, describeLook, describePhases } from '../../src/ui/describe-rows.ts';
import { RunProgress } from '../../src/ui/run-progress.ts';
import { etcdFailed, makeStep, oneHostFails, plan, success, until } from './recorded-runs.ts';

function progressOf(events: readonly RunEvent[]): RunProgress {
  const progress = new RunProgress();
  for (const event of events) progress.apply(event);
  return progress;
}

const is = (type: RunEvent['type'], node?: string) => (event: RunEvent) =>
  event.type === type && (node === undefined || ('step' in event ? event.step.node : undefined) === node);

describe('looking', () => {
  test('names the hosts that are not seen yet', () => {
    const progress = progressOf(until(success, is('observed')).slice(0, 3));
    expect(describeLook(progress, { nowMs: 2000, ended: false })).toEqual({
      id: 'look',
      title: 'Looking at 3 hosts  0/3  2.0s',
      lines: ['cp1: looking', 'cp2: looking', 'cp3: connecting'],
      state: 'running',
    });
  });

  test('lists a few of many', () => {
    const nodes = Array.from({ length: 100 }, (_, index) => `n${index}`);
    const progress = progressOf([{ type: 'run-started', workflow: 'init', cluster: 'c', runId: 'r', nodes }]);
    expect(describeLook(progress, { nowMs: 0, ended: false }).lines).toEqual([
      'n0: connecting',
      'n1: connecting',
      'n2: connecting',
      'n3: connecting',
      'and 96 more',
    ]);
  });
});

describe('fetching', () => {
  const progress = progressOf([
    { type: 'artifact-progress', artifact: 'etcd', doneBytes: 1024, totalBytes: 4096 },
    { type: 'artifact-progress', artifact: 'runc', doneBytes: 2048, totalBytes: 2048 },
  ]);

  test('sums up and lists what is open', () => {
    expect(describeFetch(progress, { nowMs: 0, ended: false })).toEqual({
      id: 'fetch',
      title: 'Fetching 2 artifacts  3.0 KiB of 6.0 KiB',
      lines: ['etcd: 1.0 KiB of 4.0 KiB'],
      state: 'running',
    });
    expect(describeArtifacts(progress)).toEqual(['etcd: 1.0 KiB of 4.0 KiB']);
  });

  test('broken off says how far it came', () => {
    expect(describeFetch(progress, { nowMs: 0, ended: true })).toMatchObject({
      title: 'Fetched 3.0 KiB of 6.0 KiB for 2 artifacts',
      state: 'stopped',
    });
  });
});

describe('hosts as rows', () => {
  test('uploads', () => {
    const [row] = describeHosts(progressOf(until(success, is('upload-progress'))), { nowMs: 1200, ended: false });
    expect(row).toEqual({
      id: 'cp1',
      title: 'cp1  0/2 phases  0.3s',
      lines: ['etcd/install: 13 MiB of 25 MiB sent: install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)'],
      state: 'running',
    });
  });

  test('what is awaited, for how long, and its last error', () => {
    const [row] = describeHosts(progressOf(until(success, is('waiting'))), { nowMs: 65_000, ended: false });
    expect(row?.title).toBe('cp1  1/2 phases  1m04s');
    expect(row?.lines).toEqual(['etcd/run: waiting until etcd answers /readyz (1m03s): connect ECONNREFUSED']);
  });

  test('a host that has not begun shows no time', () => {
    const rows = describeHosts(progressOf(until(success, is('planned'))), { nowMs: 500, ended: false });
    expect(rows.map((row) => row.title)).toEqual(['cp1  0/2 phases', 'cp2  0/2 phases', 'cp3  0/2 phases']);
  });

  test('a failure leaves out the name of the node, which the row begins with', () => {
    const rows = describeHosts(progressOf(oneHostFails), { nowMs: 4100, ended: true });
    expect(rows.map((row) => [row.state, row.title])).toEqual([
      ['done', 'cp1  2 phases, 3 changes  3.1s'],
      ['failed', 'cp2  etcd/run failed: Start etcd: start etcd.service ended with status 1'],
      ['stopped', 'cp3  stopped after 1 of 2 phases'],
    ]);
  });

  test('a row is not over while a second phase of the host still runs', () => {
    const [one, two] = [makeStep('a/x', 'cp1'), makeStep('a/y', 'cp1')];
    const events: readonly RunEvent[] = [
      { type: 'planned', plan: { ...plan, steps: [one, two] }, atMs: 0 },
      { type: 'step-started', step: one, atMs: 0 },
      { type: 'step-started', step: two, atMs: 0 },
      { type: 'step-failed', step: one, atMs: 1, error: etcdFailed },
    ];
    expect(describeHosts(progressOf(events), { nowMs: 1, ended: false })[0]?.state).toBe('running');
    const [row] = describeHosts(progressOf([...events, { type: 'step-finished', step: two, atMs: 2, tookMs: 2 }]), {
      nowMs: 2,
      ended: false,
    });
    expect(row?.state).toBe('failed');
  });
});

describe('phases as rows', () => {
  test('count hosts and name the busy ones', () => {
    const rows = describePhases(progressOf(until(success, is('waiting', 'cp2'))), { nowMs: 3000, ended: false });
    expect(rows.map(({ title, lines }) => [title, lines])).toEqual([
      ['etcd/install  3 hosts, 3 changes  1.0s', []],
      ['etcd/run  1/3 hosts  1.0s', ['cp2: waiting until etcd answers /readyz (1.0s): connect ECONNREFUSED']],
    ]);
  });

  test('several failures: the first and how many more', () => {
    const steps = ['a', 'b', 'c'].map((node) => makeStep('x/y', node));
    const events = steps.map((step): RunEvent => ({ type: 'step-failed', step, atMs: 1, error: etcdFailed }));
    const [row] = describePhases(progressOf(events), { nowMs: 1, ended: true });
    expect(row?.title).toBe('x/y  a failed: cp2: Start etcd: start etcd.service ended with status 1 (and 2 more)');
  });
});
