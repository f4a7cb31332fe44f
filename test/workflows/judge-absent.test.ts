import { expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { Member, MemberHealth } from '../../src/cluster/quorum.ts';
import { judgeAbsent } from '../../src/workflows/judge-absent.ts';
import { apart, sample, three } from '../components/sample.ts';

const down = (nodes: typeof three, ...names: readonly string[]): Cluster =>
  sample(
    nodes.map((node) => (names.includes(node.name) ? { ...node, state: 'down' } : node)),
    nodes === apart ? { etcd: { topology: 'external' } } : {},
  );
const addresses: Readonly<Record<string, string>> = { a: '192.0.2.1', b: '192.0.2.2', c: '192.0.2.3' };
const members = (healths: Readonly<Record<string, MemberHealth>>, learner = ''): readonly Member[] =>
  Object.entries(healths).map(([name, health], index) => ({
    id: String(index),
    name,
    peerURLs: [`https://${addresses[name]}:2380`],
    clientURLs: [],
    isLearner: name === learner,
    isLeader: false,
    health,
  }));
const said = (cluster: Cluster, live: readonly Member[] | undefined, isFounded = true) =>
  judgeAbsent(cluster, isFounded, live).map(({ message }) => message);

test.each<[what: string, cluster: Cluster, live: readonly Member[] | undefined]>([
  ['nobody is down', down(three), undefined],
  ['a worker', down(three, 'w'), undefined],
  ['one of three', down(three, 'c'), members({ a: 'healthy', b: 'healthy', c: 'down' })],
  ['one of three, while no member answers', down(three, 'c'), undefined],
  ['two who have not joined yet', down(three, 'b', 'c'), members({ a: 'healthy' })],
  ['two of three whose members answer all the same', down(three, 'b', 'c'), members({ a: 'healthy', b: 'healthy', c: 'lagging' })],
  ['members that have no vote', down(three, 'b'), members({ a: 'healthy', b: 'unstarted' }, 'b')],
  ['members that are silent without being declared down', down(three), members({ a: 'healthy', b: 'down', c: 'down' })],
])('may go on: %s', (_, cluster, live) => {
  expect(said(cluster, live)).toEqual([]);
});

test('two of three members', () => {
  const message = 'etcd has no quorum without b, c: 1 of 3 members are left, 2 are needed';
  const cluster = down(three, 'c', 'b');
  expect(said(cluster, members({ a: 'healthy', b: 'down', c: 'down' }))).toEqual([message]);
  expect(said(cluster, undefined)).toEqual([message]);
  expect(said(cluster, undefined, false)).toEqual([]);
});

test('members on hosts of their own', () => {
  expect(said(down(apart, 'e1', 'e2'), undefined)).toEqual(['etcd has no quorum without e1, e2: 1 of 3 members are left, 2 are needed']);
});

test.each([true, false])('every control plane, founded: %s', (isFounded) => {
  expect(said(down(three, 'a', 'b', 'c'), undefined, isFounded)).toEqual(['every control plane is declared down: a, b, c']);
});
