import { describe, expect, test } from 'vitest';
import { problemsOf } from '../sample.ts';

const nodesWith = (...roles: string[][]): object[] => roles.map((list) => ({ roles: list }));
const cp = ['control-plane'];
const external = { etcd: { topology: 'external' } };

test.each<[string, object, string[][], string[]]>([
  ['one of everything', {}, [cp, ['worker']], []],
  ['three stacked', {}, [cp, cp, cp, ['worker']], []],
  ['a stacked control plane that says etcd itself', {}, [['control-plane', 'etcd'], ['worker']], []],
  ['external with three members', external, [['etcd'], ['etcd'], ['etcd'], cp, ['worker']], []],
  ['external on the control plane itself', external, [['control-plane', 'etcd'], cp, ['worker']], []],
  ['no control plane', {}, [['worker']], ['error nodes: no node has the role control-plane; give it to at least one']],
  [
    'external without members',
    external,
    [cp, ['worker']],
    [
      'error nodes: no node has the role etcd; with topology: external at least one must, unless cluster.etcd.endpoints names an etcd of your own',
    ],
  ],
  [
    'two voters',
    {},
    [cp, cp, ['worker']],
    ['warning nodes: 2 etcd members survive no more failures than 1 and cost one more acknowledgement; use an odd number'],
  ],
  [
    'four voters',
    {},
    [cp, cp, cp, cp, ['worker']],
    ['warning nodes: 4 etcd members survive no more failures than 3 and cost one more acknowledgement; use an odd number'],
  ],
  ['two control planes with external etcd are no pair of voters', external, [['etcd'], cp, cp, ['worker']], []],
  ['nine voters', {}, [...Array(9).fill(cp), ['worker']], ['warning nodes: 9 etcd members make every write slow; use at most 7']],
  ['nobody for ordinary pods', {}, [cp], ['warning nodes: no node takes ordinary pods; give the role worker to at least one']],
  ['a role twice', {}, [['control-plane', 'worker', 'worker']], ['error nodes[0].roles[2]: the role worker is listed twice']],
])('%s', (_title, cluster, roles, problems) => {
  expect(problemsOf({ cluster, nodes: nodesWith(...roles) })).toEqual(problems);
});

describe('etcd beside a stacked control plane', () => {
  const remedy = 'set cluster.etcd.topology: external, or drop the role etcd here';

  test.each([[['etcd']], [['etcd', 'worker']]])('%j', (roles) => {
    expect(problemsOf({ nodes: nodesWith(cp, roles, ['worker']) })).toEqual([
      `error nodes[1].roles: etcd on a node that is no control plane is not stacked; ${remedy}`,
    ]);
  });
});

test('an untainted control plane takes pods', () => {
  expect(problemsOf({ nodes: [{ roles: cp, taints: [] }] })).toEqual([]);
});

test('while a role is misspelt, nothing is counted', () => {
  expect(problemsOf({ nodes: nodesWith(['control-plan'], ['worker']) })).toEqual([
    'error nodes[0].roles[0]: "control-plan" is not a role; did you mean "control-plane"?',
  ]);
});

test('while the topology is misspelt, nothing is counted', () => {
  expect(problemsOf({ cluster: { etcd: { topology: 'extern' } }, nodes: nodesWith(cp, ['etcd'], ['worker']) })).toEqual([
    'error cluster.etcd.topology: "extern" is not a topology; did you mean "external"?',
  ]);
});
