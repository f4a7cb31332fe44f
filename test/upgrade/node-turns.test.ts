import { expect, test } from 'vitest';
import type { Step, StepId } from '../../src/engine/plan.ts';
import { endsOfTurns, turnOfStep, untilFirstTurn } from '../../src/upgrade/node-turns.ts';

const step = (phase: string, node: string, after: readonly StepId[] = []): Step => ({
  id: `${phase}@${node}`,
  phase,
  node,
  title: phase,
  after,
  actions: [],
  gate: [],
});

const steps: readonly Step[] = [
  step('artifacts/stage', 'a'),
  step('kube-apiserver/run', 'a', ['artifacts/stage@a']),
  step('nodes/cordon-a', 'a', ['kube-apiserver/run@a']),
  step('kubelet/run-a', 'a', ['nodes/cordon-a@a']),
  step('nodes/uncordon-a', 'a', ['kubelet/run-a@a']),
  step('kubelet/run-w-1', 'w-1', ['nodes/uncordon-a@a']),
  step('kube-proxy/run-w-1', 'w-1', ['kubelet/run-w-1@w-1']),
  step('coredns/apply', 'a', ['kube-proxy/run-w-1@w-1']),
  step('backup/run', 'a', ['artifacts/stage@a']),
];

test.each([
  ['nodes/cordon-w-1', 'w-1'],
  ['nodes/drain-a', 'a'],
  ['containerd/run-kubelet', 'kubelet'],
  ['kubelet/run', undefined],
  ['etcd/run-a', undefined],
  ['nodes/register', undefined],
])('%s is in the turn of %s', (phase, node) => {
  expect(turnOfStep({ phase })).toBe(node);
});

test('a turn begins with its first step, and ends with its last, whichever they are', () => {
  const { first, last } = endsOfTurns(steps);
  expect([...first]).toEqual([
    ['nodes/cordon-a@a', 'a'],
    ['kubelet/run-w-1@w-1', 'w-1'],
  ]);
  expect([...last]).toEqual([
    ['nodes/uncordon-a@a', 'a'],
    ['kube-proxy/run-w-1@w-1', 'w-1'],
  ]);
});

test('up to the end of the first turn: no other turn, nor what waits for one', () => {
  expect(untilFirstTurn(steps).map(({ phase }) => phase)).toEqual([
    'artifacts/stage',
    'kube-apiserver/run',
    'nodes/cordon-a',
    'kubelet/run-a',
    'nodes/uncordon-a',
    'backup/run',
  ]);
});

test('without any turn everything stays', () => {
  expect(untilFirstTurn(steps.slice(0, 2))).toEqual(steps.slice(0, 2));
});
