import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/engine/plan.ts';
import { describeFinding, describePlan } from '../../src/ui/describe-plan.ts';
import { createPaint } from '../../src/ui/paint.ts';
import { countPlan, summarizePlan } from '../../src/ui/summarize-plan.ts';
import { makeStep, plan, runs, start } from './recorded-runs.ts';

const nothing: Plan = { ...plan, steps: [] };

describe('describePlan', () => {
  test('actions by node and phase, order between nodes, gates, and a summary', () => {
    expect(`\n${describePlan(plan)}`).toMatchInlineSnapshot(`
      "
      cp1
        Install etcd [etcd/install]
          + install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)
        Start etcd [etcd/run] after etcd/install on cp2, cp3
          + write /etc/systemd/system/etcd.service (0644 root:root), 7 B: not there yet
          + start etcd.service: not running
          then waits until etcd answers /readyz, at most 2m00s

      cp2
        Install etcd [etcd/install]
          + install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)
        Start etcd [etcd/run] after etcd/install on cp1, cp3
          + write /etc/systemd/system/etcd.service (0644 root:root), 7 B: not there yet
          + start etcd.service: not running
          then waits until etcd answers /readyz, at most 2m00s

      cp3
        Install etcd [etcd/install]
          + install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)
        Start etcd [etcd/run] after etcd/install on cp1, cp2
          + write /etc/systemd/system/etcd.service (0644 root:root), 7 B: not there yet
          + start etcd.service: not running
          then waits until etcd answers /readyz, at most 2m00s

      3 hosts, 9 changes, 3 units started, 0 restarts
      "
    `);
  });

  test('nothing to do is said plainly', () => {
    expect(describePlan(nothing)).toBe('Nothing to do: 3 hosts looked at, all as the inventory says.\n');
    expect(describePlan({ ...nothing, workflow: 'nodes cordon' })).toBe('Nothing to do: 3 hosts looked at.\n');
  });

  test('findings stand before the summary', () => {
    const findings = [
      { id: 'clock-skew', node: 'cp1', severity: 'warning', message: 'clock is 3 s behind', remedy: 'Start a time service.' },
      { id: 'quorum', severity: 'error', message: 'an even number of etcd members', remedy: 'Use 3 or 5.' },
    ] as const;
    expect(describePlan({ ...nothing, findings })).toBe(
      [
        'warning cp1: clock is 3 s behind [clock-skew]',
        '  Start a time service.',
        'error an even number of etcd members [quorum]',
        '  Use 3 or 5.',
        '',
        'Nothing to do: 3 hosts looked at, all as the inventory says.',
        '',
      ].join('\n'),
    );
  });

  test('many hosts before a step are counted, not listed', () => {
    const before = Array.from({ length: 7 }, (_, index) => makeStep('etcd/install', `n${index}`));
    const after = makeStep('etcd/run', 'cp1', { after: before.map((step) => step.id), actions: [start] });
    const text = describePlan({ ...plan, nodes: ['cp1'], steps: [...before, after] });
    expect(text).toContain('[etcd/run] after etcd/install on 7 hosts\n');
  });

  test('colours marks when asked to', () => {
    expect(describePlan(plan, createPaint(true))).toContain('\u001b[32m+\u001b[39m start etcd.service');
  });
});

describe('summarizePlan', () => {
  test('counts hosts with changes, changes, starts and restarts', () => {
    const restart = { ...start, op: 'restart' } as typeof start;
    const steps = [makeStep('a/b', 'cp1', { actions: [start, restart] }), makeStep('a/c', 'cp2')];
    expect(countPlan({ ...plan, steps })).toEqual({ hosts: 1, changes: 2, unitsStarted: 1, restarts: 1, reloads: 0 });
    expect(summarizePlan({ ...plan, steps })).toBe('1 host, 2 changes, 1 unit started, 1 restart');
  });

  test('says so when a unit only reads its configuration again', () => {
    const reload = { ...start, op: 'reload' } as typeof start;
    const steps = [makeStep('a/b', 'cp1', { actions: [reload] })];
    expect(summarizePlan({ ...plan, steps })).toBe('1 host, 1 change, 0 units started, 0 restarts, 1 reload');
  });

  test('steps that only wait are no changes', () => {
    const waits = runs.map((step) => ({ ...step, actions: [] }));
    expect(summarizePlan({ ...plan, steps: waits })).toBe('No changes; 3 phases to wait for.');
  });
});

test('a finding never carries control characters', () => {
  const text = describeFinding({ id: 'x', severity: 'error', message: 'bad\u001b[2J\nnews', remedy: 'Do\u0007 it.' });
  expect(text).toBe('error bad news [x]\n  Do it.\n');
});
