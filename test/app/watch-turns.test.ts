import { describe, expect, test } from 'vitest';
import { type TurnChoices, watchTurns } from '../../src/app/watch-turns.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import type { Plan, Step } from '../../src/engine/plan.ts';
import { StoppedError } from '../../src/errors.ts';
import { sample, three } from '../components/sample.ts';

const step = (phase: string): Step => ({
  id: `${phase}@a`,
  phase,
  node: 'a',
  title: '',
  after: [],
  actions: [{ kind: 'daemon-reload' }],
  gate: [],
});
const steps = ['etcd/run-a', 'nodes/cordon-a', 'kubelet/run-a', 'nodes/uncordon-a'].map(step);

async function go(choices: TurnChoices, signal = new AbortController().signal) {
  const told: string[] = [];
  const emit = (event: RunEvent): void => {
    if (event.type === 'notice') told.push(`${event.node}: ${event.text}`);
  };
  const around = watchTurns({ steps } as unknown as Plan, choices, { cluster: sample(three), emit, signal });
  const perform = async ({ phase, actions }: Step): Promise<void> => void told.push(`${phase} ${actions.length}`);
  let failure: unknown;
  for (const one of steps) {
    failure = await around(one, perform).catch((error: unknown) => error);
    if (failure !== undefined) break;
  }
  return { told, failure };
}

describe('around the turn of a node', () => {
  test('without wishes there is nothing', async () => {
    expect((await go({})).told).toEqual(['etcd/run-a 1', 'nodes/cordon-a 1', 'kubelet/run-a 1', 'nodes/uncordon-a 1']);
  });

  test('stand the hooks, which are told the node and the cluster', async () => {
    const { told } = await go({ beforeNode: 'echo before $KCLUSTER_NODE of $KCLUSTER_CLUSTER', afterNode: 'echo after $KCLUSTER_NODE' });
    expect(told).toEqual([
      'etcd/run-a 1',
      `a: before a of ${sample(three).name}`,
      'nodes/cordon-a 1',
      'kubelet/run-a 1',
      'nodes/uncordon-a 1',
      'a: after a',
    ]);
  });

  test('a hook that fails stops it before the node is touched, with what it said', async () => {
    const { told, failure } = await go({ beforeNode: 'echo no >&2; exit 3' });
    expect(told).toEqual(['etcd/run-a 1']);
    expect(failure).toBeInstanceOf(StoppedError);
    expect(failure).toMatchObject({ message: 'a: the hook before the node ended with status 3', details: { output: 'no\n' } });
  });

  test('is asked whether it may begin', async () => {
    const asked: string[] = [];
    await go({ confirmNode: async (node) => void asked.push(node) });
    expect(asked).toEqual(['a']);
    const { told, failure } = await go({ confirmNode: () => Promise.reject(new StoppedError('no')) });
    expect([told, failure]).toEqual([['etcd/run-a 1'], expect.any(StoppedError)]);
  });

  test('what held is awaited once more after the time of watching, before the hook', async () => {
    const { told } = await go({ soakSeconds: 0.01, afterNode: 'echo after' });
    expect(told.slice(-4)).toEqual(['nodes/uncordon-a 1', 'a: watched for 0.01 s', 'nodes/uncordon-a 0', 'a: after']);
  });

  test('an interrupt ends the watching', async () => {
    const stop = new AbortController();
    const going = go({ soakSeconds: 3600 }, stop.signal);
    setImmediate(() => stop.abort());
    expect((await going).failure).toMatchObject({ name: 'AbortError' });
  });
});
