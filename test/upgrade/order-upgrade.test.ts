import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { type OrderWishes, orderUpgrade } from '../../src/upgrade/order-upgrade.ts';
import { membersOf } from '../cluster/quorum-members.ts';
import { sample, three } from '../components/sample.ts';
import { inputOf, type Situation } from './situation.ts';

const cluster = sample(three);
const members = (leader: string) =>
  membersOf('hhh').map((member, index) => ({ ...member, name: 'abc'[index] ?? '', isLeader: 'abc'[index] === leader }));

interface Wishes extends Partial<OrderWishes>, Situation {
  readonly cluster?: Cluster;
}

const order = ({ cluster: inventory = cluster, from, to, seen, ...more }: Wishes = {}) =>
  orderUpgrade(inputOf(inventory, { ...(from && { from }), ...(to && { to }), ...(seen && { seen }) }), {
    members: members('a'),
    cordoned: new Set(),
    drainAlways: false,
    batchWidth: 1,
    ...more,
  });
const turns = (more: Wishes = {}) =>
  order(more).batches.map((batch) => batch.map(({ node, drains }) => `${node}${drains ? ' drained' : ''}`).join(' + '));

describe('members of etcd', () => {
  test.each(['a', 'b', 'c'])('the leader %s comes last, and somebody else leads meanwhile', (leader) => {
    const { members: names, successor } = order({ members: members(leader) });
    expect(names.at(-1)).toBe(leader);
    expect([...names].sort()).toEqual(['a', 'b', 'c']);
    expect(successor?.name).toBe(leader === 'a' ? 'b' : 'a');
  });

  test('who does not answer comes first; nobody yields where no leader is known', () => {
    const { members: names, successor } = order({ members: undefined });
    expect([names, successor]).toEqual([['a', 'b', 'c'], undefined]);
  });

  test('a lone member has nobody to give the lead to', () => {
    const alone = { ...cluster, nodes: cluster.nodes.filter(({ name }) => name === 'a') };
    expect(order({ cluster: alone, members: members('a').slice(0, 1) })).not.toHaveProperty('successor');
  });
});

describe('API servers', () => {
  const readyz = 'https://127.0.0.1:6443/readyz';
  const seen = (states: Readonly<Record<string, number>>): Situation => ({
    seen: Object.fromEntries(Object.entries(states).map(([name, status]) => [name, { health: new Map([[readyz, { status }]]) }])),
  });
  const well = { a: 200, b: 200, c: 200 };

  test.each(['a', 'b', 'c'])('follow each other like the members beside them: that of the leader %s comes last', (leader) => {
    const { members: names, servers } = order({ ...seen(well), members: members(leader) });
    expect(servers).toEqual(names);
    expect(servers.at(-1)).toBe(leader);
  });

  test.each(['a', 'b', 'c'])('that of %s, which does not answer, comes first', (name) => {
    const { servers } = order({ ...seen({ ...well, [name]: 500 }), members: members('a') });
    expect(servers).toEqual([name, ...['b', 'c', 'a'].filter((other) => other !== name)]);
  });

  test('so does one that a run was cut off at', () => {
    const input = inputOf(cluster, { ...seen(well), unfinished: { a: 'kube-apiserver.service' } });
    const wishes = { members: members('a'), cordoned: new Set<string>(), drainAlways: false, batchWidth: 1 };
    expect(orderUpgrade(input, wishes).servers).toEqual(['a', 'b', 'c']);
  });

  test('by name where members live elsewhere', () => {
    const apart = { ...cluster, nodes: cluster.nodes.map((node) => ({ ...node, roles: node.roles.filter((role) => role !== 'etcd') })) };
    expect(order({ ...seen(well), cluster: apart, members: [] }).servers).toEqual(['a', 'b', 'c']);
  });
});

describe('nodes', () => {
  test('control planes one by one, then the others in batches', () => {
    const names = cluster.nodes.map(({ name }) => name);
    expect(turns({ batchWidth: 5 }).slice(0, 3)).toEqual(['a drained', 'b drained', 'c drained']);
    expect(
      order({ batchWidth: 5 })
        .batches.flat()
        .map(({ node }) => node),
    ).toEqual([...names].sort());
    for (const batch of order({ batchWidth: 1 }).batches) expect(batch).toHaveLength(1);
  });

  test('are drained for another minor, not for another patch', () => {
    expect(turns({ to: '1.36.9' }).join()).not.toContain('drained');
    expect(turns({ to: '1.36.9', drainAlways: true }).join()).toContain('a drained');
    expect(turns({ to: '1.36.5', drainAlways: true }).join()).not.toContain('drained');
  });

  test('that are as they shall be, or were not looked at, are not drained', () => {
    expect(turns({ to: '1.36.5', seen: { b: undefined } }).join()).not.toContain('drained');
  });

  test('that an earlier run began to drain for another patch are drained to the end', () => {
    expect(turns({ to: '1.36.9', cordoned: new Set(['b']) }).filter((turn) => turn.includes('drained'))).toEqual(['b drained']);
  });
});
