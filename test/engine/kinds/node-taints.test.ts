import { describe, expect, test } from 'vitest';
import type { JsonObject, Taint } from '../../../src/cluster/cluster.ts';
import { taintsAnnotation } from '../../../src/cluster/taint.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { contextSeeing } from '../support/context.ts';

const taint = (key: string, value = '', effect: Taint['effect'] = 'NoSchedule'): Taint => ({ key, value, effect });
/** As the API stores it: no value where it is empty. */
const stored = ({ key, value, effect }: Taint): JsonObject => (value === '' ? { key, effect } : { key, value, effect });

const seeing = (taints: readonly JsonObject[] | undefined, owned?: string) => ({
  kubeNodes: new Map<string, JsonObject>([
    [
      'n1',
      {
        metadata: { name: 'n1', ...(owned === undefined ? {} : { annotations: { [taintsAnnotation]: owned } }) },
        spec: taints === undefined ? {} : { taints },
      },
    ],
  ]),
});
const plan = (taints: readonly Taint[], seen: Parameters<typeof contextSeeing>[0]) =>
  planResource({ kind: 'node-taints', node: 'n1', taints }, contextSeeing(seen));
const changes = (set: readonly Taint[], remove: readonly Taint[] = []) => [{ kind: 'kube-taints', node: 'n1', set, remove }];
const [a, b, foreign] = [taint('a', 'x'), taint('b', '', 'NoExecute'), taint('node.kubernetes.io/not-ready')];

describe('nothing to do', () => {
  test.each([
    ['no API server answers', [a], {}],
    ['not registered: the kubelet brings them along', [a], { kubeNodes: new Map() }],
    ['none wanted, none there', [], seeing(undefined)],
    ['as wanted', [a, b], seeing([stored(a), stored(b)], 'a=x:NoSchedule,b:NoExecute')],
    ['as wanted, in another order', [a, b], seeing([stored(b), stored(a)])],
    ['as wanted, but not noted yet', [a], seeing([stored(a)])],
    ['taints of others', [], seeing([stored(foreign), stored(a)])],
    ['with a time that the API added', [b], seeing([{ ...stored(b), timeAdded: '2026-01-01T00:00:00Z' }], 'b:NoExecute')],
    ['noted, gone from the inventory and from the node', [], seeing([stored(foreign)], 'a=x:NoSchedule')],
    ['noted, but somebody gave it another value', [], seeing([stored(taint('a', 'mine'))], 'a=x:NoSchedule')],
  ])('%s', (_, taints, seen) => {
    expect(plan(taints, seen)).toEqual([]);
  });
});

test.each([
  ['a new one', [a, b], seeing([stored(a), stored(foreign)], 'a=x:NoSchedule'), changes([b])],
  ['the first one of a node', [a], seeing(undefined), changes([a])],
  ['another value: the inventory wins', [a], seeing([stored(taint('a', 'y'))], 'a=x:NoSchedule'), changes([a])],
  ['a new value of its own', [taint('a', 'z')], seeing([stored(a)], 'a=x:NoSchedule'), changes([taint('a', 'z')])],
  ['one that left the inventory', [b], seeing([stored(a), stored(b), stored(foreign)], 'a=x:NoSchedule,b:NoExecute'), changes([], [a])],
  [
    'another effect of the same key',
    [taint('a', 'x', 'NoExecute')],
    seeing([stored(a)], 'a=x:NoSchedule'),
    changes([taint('a', 'x', 'NoExecute')], [a]),
  ],
  ['all of them left', [], seeing([stored(b), stored(a)], 'a=x:NoSchedule,b:NoExecute'), changes([], [b, a])],
])('%s', (_, taints, seen, actions) => {
  expect(plan(taints, seen)).toEqual(actions);
});

test('the nodes are one question', () => {
  expect(probesOf({ kind: 'node-taints', node: 'n1', taints: [] })).toEqual([{ kind: 'kube-nodes' }]);
});
