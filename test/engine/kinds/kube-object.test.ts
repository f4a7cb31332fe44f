import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/cluster/cluster.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { firstDifference } from '../../../src/engine/kinds/kube-object.ts';
import { contextSeeing } from '../support/context.ts';

describe('firstDifference', () => {
  test.each<readonly [string, Json, Json | undefined]>([
    ['the same', { a: 1, b: ['x', { c: null }] }, { a: 1, b: ['x', { c: null }] }],
    ['fields of others', { a: 1 }, { a: 1, b: 2 }],
    ['fields of others deep inside', { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 1, d: 2 }], e: 3 } }],
    ['nothing is wanted', {}, { a: 1 }],
    ['an empty list that is not stored', { a: [] }, { b: 1 }],
    ['null where nothing is', { a: null }, {}],
    ['another order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ])('none: %s', (_, wanted, live) => {
    expect(firstDifference(wanted, live)).toBeUndefined();
  });

  test.each<readonly [string, Json, Json | undefined, string]>([
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, '.a.b'],
    ['a type', { a: 1 }, { a: '1' }, '.a'],
    ['a missing key', { a: { b: 1 } }, { a: {} }, '.a.b'],
    ['a missing parent', { a: { b: 1 } }, {}, '.a'],
    ['null where something is', { a: null }, { a: 1 }, '.a'],
    ['something where null is', { a: 0 }, { a: null }, '.a'],
    ['an object where a list is', { a: {} }, { a: [] }, '.a'],
    ['a list where an object is', { a: [] }, { a: {} }, '.a'],
    ['a list that is not stored', { a: [1] }, {}, '.a'],
    ['an empty list where one is filled', { a: [] }, { a: [1] }, '.a'],
    ['a shorter list', { a: [1, 2] }, { a: [1] }, '.a'],
    ['a longer list', { a: [1] }, { a: [1, 2] }, '.a'],
    ['the order of a list', { a: [1, 2] }, { a: [2, 1] }, '.a[0]'],
    ['inside a list', { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, '.a[1].b'],
    ['the first of several', { a: 1, b: 2 }, { a: 9, b: 9 }, '.a'],
    ['nothing lives', { a: 1 }, undefined, ''],
  ])('%s', (_, wanted, live, path) => {
    expect(firstDifference(wanted, live)).toBe(path);
  });
});

const object: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' }, data: { a: '1' } };
const plan = (wanted: JsonObject, seen: Parameters<typeof contextSeeing>[0]) =>
  planResource({ kind: 'kube-object', object: wanted }, contextSeeing(seen));
const apply = (wanted: JsonObject, why: string) => [{ kind: 'kube-apply', objects: [wanted], why }];

describe('objects', () => {
  const live = { ...object, metadata: { name: 'c', namespace: 'n', uid: 'u', managedFields: [] } };

  test.each([
    ['no API server answers', {}, apply(object, 'missing')],
    ['missing', { kubeObjects: new Map() }, apply(object, 'missing')],
    ['of the same name in another namespace', { kubeObjects: new Map([['ConfigMap/other/c', live]]) }, apply(object, 'missing')],
    ['as wanted', { kubeObjects: new Map([['ConfigMap/n/c', live]]) }, []],
    ['different', { kubeObjects: new Map([['ConfigMap/n/c', { ...live, data: { a: '2' } }]]) }, apply(object, 'data.a differs')],
  ])('%s', (_, seen, actions) => {
    expect(plan(object, seen)).toEqual(actions);
  });

  test('of the cluster: no namespace', () => {
    const namespace: JsonObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
    expect(plan(namespace, { kubeObjects: new Map([['Namespace//n', namespace]]) })).toEqual([]);
    expect(probesOf({ kind: 'kube-object', object: namespace })).toEqual([
      { kind: 'kube-objects', references: [{ apiVersion: 'v1', kind: 'Namespace', name: 'n' }] },
    ]);
  });

  test('what is looked at', () => {
    expect(probesOf({ kind: 'kube-object', object })).toEqual([
      { kind: 'kube-objects', references: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c', namespace: 'n' }] },
    ]);
  });
});

describe('nodes', () => {
  const node: JsonObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { tier: 'a' } } };
  const owned = (manager: string, ...labels: readonly string[]) => ({
    manager,
    fieldsV1: { 'f:metadata': { 'f:labels': Object.fromEntries(labels.map((label) => [`f:${label}`, {}])) } },
  });
  const liveWith = (labels: Record<string, string>, managedFields: Json = []) => ({
    kubeNodes: new Map<string, JsonObject>([['n1', { ...node, metadata: { name: 'n1', labels, managedFields } }]]),
  });

  test.each([
    ['no API server answers', {}, apply(node, 'n1 registers in this run')],
    ['not registered yet', { kubeNodes: new Map() }, apply(node, 'n1 registers in this run')],
    ['as wanted, with labels of others', liveWith({ tier: 'a', 'kubernetes.io/os': 'linux' }, [owned('kubelet', 'kubernetes.io/os')]), []],
    ['another value', liveWith({ tier: 'b' }), apply(node, 'metadata.labels.tier differs')],
    [
      'a label that kcluster set before',
      liveWith({ tier: 'a', old: 'x' }, [owned('kcluster', 'tier', 'old')]),
      apply(node, 'metadata.labels.old differs'),
    ],
    ['a label that somebody else set', liveWith({ tier: 'a', old: 'x' }, [owned('kcluster', 'tier'), owned('kubectl', 'old')]), []],
    [
      'an annotation that kcluster set before',
      liveWith({ tier: 'a' }, [{ manager: 'kcluster', fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, 'f:note': {} } } } }]),
      apply(node, 'metadata.annotations.note differs'),
    ],
    [
      'fields of kcluster that are no labels',
      liveWith({ tier: 'a' }, [{ manager: 'kcluster', fieldsV1: { 'f:spec': {} } }, { manager: 'kcluster' }]),
      [],
    ],
  ])('%s', (_, seen, actions) => {
    expect(plan(node, seen)).toEqual(actions);
  });

  test('all of them are one question', () => {
    expect(probesOf({ kind: 'kube-object', object: node })).toEqual([{ kind: 'kube-nodes' }]);
  });
});
