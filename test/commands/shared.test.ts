import process from 'node:process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { interruptSignal } from '../../src/commands/_shared/interrupt-signal.ts';
import { questions } from '../../src/commands/_shared/questions.ts';
import { confirmPlan, showPlan } from '../../src/commands/_shared/show-plan.ts';
import type { Plan } from '../../src/engine/plan.ts';
import { UnconfirmedError } from '../../src/errors.ts';
import type { Reporter } from '../../src/ui/reporter.ts';

afterEach(() => vi.restoreAllMocks());

describe('interruptSignal', () => {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const count = () => names.map((name) => process.listenerCount(name));

  test.each(names)('the first %s asks the run to end, the second ends the process', (name) => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const before = count();
    const interrupt = interruptSignal();
    expect(interrupt.signal.aborted).toBe(false);
    process.emit(name, name);
    expect([interrupt.signal.aborted, kill.mock.calls]).toEqual([true, []]);
    process.emit(name, name);
    expect(kill.mock.calls).toEqual([[process.pid, name]]);
    expect(count()).toEqual(before);
    interrupt.dispose();
  });

  test('two different ones count as two', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const interrupt = interruptSignal();
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGTERM', 'SIGTERM');
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']]);
    interrupt.dispose();
  });

  test('leaves nothing behind', () => {
    const before = count();
    interruptSignal().dispose();
    expect(count()).toEqual(before);
  });
});

describe('a plan that is shown', () => {
  const plan: Plan = {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Plan',
    workflow: 'init',
    cluster: 'sample',
    kclusterVersion: '1.0.0',
    inventorySha256: '',
    nodes: ['n1'],
    findings: [],
    maxUnavailable: '10%',
    steps: [
      { id: 'toy/run@n1', phase: 'toy/run', node: 'n1', title: 'Run toy', after: [], actions: [{ kind: 'daemon-reload' }], gate: [] },
    ],
  };

  function watch() {
    const order: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      order.push(String(text));
      return true;
    });
    const reporter: Reporter = { emit: () => undefined, end: async () => void order.push('reporter ended') };
    return { order, reporter };
  }

  test('names its steps', () => {
    const { order } = watch();
    showPlan(plan);
    expect(order.join('')).toContain('Run toy');
  });

  test('with --yes nothing is asked and nothing shown', async () => {
    const { order, reporter } = watch();
    await confirmPlan(plan, reporter, { yes: true, json: false });
    expect(order).toEqual([]);
  });

  test('comes after what moves on the terminal has ended', async () => {
    const { order, reporter } = watch();
    await expect(confirmPlan(plan, reporter, { yes: false, json: false })).rejects.toThrow(UnconfirmedError);
    expect([order[0], order.slice(1).join('')]).toEqual(['reporter ended', expect.stringContaining('Run toy')]);
  });

  test('with --json standard output stays for events', async () => {
    const { order, reporter } = watch();
    await expect(confirmPlan(plan, reporter, { yes: false, json: true })).rejects.toThrow(UnconfirmedError);
    expect(order).toEqual([]);
  });
});

test('without a terminal nobody is asked for passwords', () => {
  expect(process.stdin.isTTY).not.toBe(true);
  expect(questions).toEqual({});
});
