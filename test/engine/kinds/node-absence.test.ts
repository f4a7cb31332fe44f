import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/cluster/cluster.ts';
import { absentTaint } from '../../../src/cluster/taint.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { contextSeeing } from '../support/context.ts';

const stored = { key: 'kcluster.dev/absent', effect: 'NoExecute' };
const other = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const seeing = (...taints: readonly JsonObject[]) => ({
  kubeNodes: new Map<string, JsonObject>([['n1', { metadata: { name: 'n1' }, spec: taints.length === 0 ? {} : { taints } }]]),
});
const plan = (absent: boolean, seen: Parameters<typeof contextSeeing>[0]) =>
  planResource({ kind: 'node-absence', node: 'n1', absent }, contextSeeing(seen));

test.each([
  ['no API server answers', true, {}],
  ['there is no Node object', true, { kubeNodes: new Map() }],
  ['tainted already', true, seeing(other, { ...stored, timeAdded: '2026-01-01T00:00:00Z' })],
  ['present, and there is no taint', false, seeing(other)],
  ['present, without any taint', false, seeing()],
])('nothing to do: %s', (_, absent, seen) => {
  expect(plan(absent, seen)).toEqual([]);
});

test.each([
  ['absent', true, seeing(other), [absentTaint], []],
  ['absent, and somebody gave the taint a value', true, seeing({ ...stored, value: 'mine' }), [absentTaint], []],
  ['present again', false, seeing(stored, other), [], [absentTaint]],
  ['present again, with a value', false, seeing({ ...stored, value: 'mine' }), [], [{ ...absentTaint, value: 'mine' }]],
])('%s', (_, absent, seen, set, remove) => {
  expect(plan(absent, seen)).toEqual([{ kind: 'kube-taints', node: 'n1', set, remove }]);
});

test('the nodes are one question', () => {
  expect(probesOf({ kind: 'node-absence', node: 'n1', absent: true })).toEqual([{ kind: 'kube-nodes' }]);
});
