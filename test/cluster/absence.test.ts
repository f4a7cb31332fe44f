import { describe, expect, test } from 'vitest';
import { type Absence, formatAbsences, mergeAbsences, readAbsences, stillAbsent } from '../../src/cluster/absence.ts';
import { sample, three } from '../components/sample.ts';

const absence = (day: number, misses: readonly string[] = []): Absence => ({
  since: `2026-01-0${day}T00:00:00Z`,
  held: { kubelet: 'aa', etcd: 'bb' },
  misses,
});

test('the file is sorted, and read back as it was', () => {
  const absences = new Map([
    ['w', absence(2, ['kubelet', 'containerd'])],
    ['c', absence(1)],
  ]);
  const text = formatAbsences(absences);
  expect(text).toMatchInlineSnapshot(`
    "{
      "apiVersion": "kcluster/v1alpha1",
      "kind": "Absences",
      "nodes": {
        "c": {
          "since": "2026-01-01T00:00:00Z",
          "misses": [],
          "held": {
            "etcd": "bb",
            "kubelet": "aa"
          }
        },
        "w": {
          "since": "2026-01-02T00:00:00Z",
          "misses": [
            "containerd",
            "kubelet"
          ],
          "held": {
            "etcd": "bb",
            "kubelet": "aa"
          }
        }
      }
    }
    "
  `);
  expect(readAbsences(text)).toEqual(
    new Map([
      ['c', absence(1)],
      ['w', absence(2, ['containerd', 'kubelet'])],
    ]),
  );
});

test.each([
  ['no file', undefined],
  ['no JSON', 'torn {'],
  ['another kind', '{"kind":"Ownership","nodes":{"w":{"since":"2026-01-01T00:00:00Z"}}}'],
  ['a list', '[]'],
  ['no time', '{"kind":"Absences","nodes":{"w":{"misses":[]},"v":7,"u":{"since":"soon"}}}'],
])('nobody is absent by %s', (_, text) => {
  expect(readAbsences(text)).toEqual(new Map());
});

test('what is not text is left out', () => {
  const text = '{"kind":"Absences","nodes":{"w":{"since":"2026-01-01T00:00:00Z","misses":["a",7],"held":{"b":"c","d":1}}}}';
  expect(readAbsences(text).get('w')).toEqual({ since: '2026-01-01T00:00:00Z', misses: ['a'], held: { b: 'c' } });
});

describe('several records', () => {
  const merge = (records: Readonly<Record<string, Readonly<Record<string, Absence>>>>) =>
    Object.fromEntries(mergeAbsences(new Map(Object.entries(records).map(([holder, nodes]) => [holder, new Map(Object.entries(nodes))]))));

  test.each([
    ['none', {}, {}],
    ['the same twice', { a: { w: absence(1) }, b: { w: absence(1) } }, { w: absence(1) }],
    ['one that has none yet', { a: { w: absence(1) }, b: {} }, { w: absence(1) }],
    ['the earliest time counts', { a: { w: absence(2) }, b: { w: absence(1, ['x']) } }, { w: absence(1, ['x']) }],
    ['a holder that is absent is not asked', { a: { c: absence(3) }, c: { w: absence(1) } }, { c: absence(3) }],
    [
      'holders that name each other are asked all the same',
      { a: { b: absence(1) }, b: { a: absence(2) } },
      { a: absence(2), b: absence(1) },
    ],
  ])('%s', (_, records, expected) => {
    expect(merge(records)).toEqual(expected);
  });
});

test('absent stays who is not declared present, in the inventory or not', () => {
  const cluster = sample(three.map((node) => (node.name === 'b' ? { ...node, state: 'down' } : node)));
  const all = new Map(['b', 'w', 'gone'].map((name) => [name, absence(1)]));
  expect([...stillAbsent(cluster, all).keys()]).toEqual(['b', 'gone']);
});
