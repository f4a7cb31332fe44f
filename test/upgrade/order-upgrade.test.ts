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
