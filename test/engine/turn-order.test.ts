import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import type { Rollout } from '../../src/engine/phase.ts';
import { orderTurn } from '../../src/engine/turn-order.ts';

const unit = (op: 'start' | 'restart' | 'stop' | 'enable'): Action => ({ kind: 'unit', unit: 'toy.service', op, inputs: [], why: '' });
const ofMember = { name: 'x', peerURL: 'https://192.0.2.1:2380', endpoints: [] };
/** `s` starts, `r` restarts, `x` stops, `j` joins etcd, `p` is promoted. */
const letters: Readonly<Record<string, readonly Action[]>> = {
  s: [unit('enable'), unit('start')],
  r: [unit('restart')],
  x: [unit('stop')],
  j: [{ kind: 'etcd-add-member', ...ofMember }, unit('start')],
  p: [{ kind: 'etcd-promote', ...ofMember }],
};

/** `a<b,c` in the order of the turn, in line with a `!`. */
function order(work: string, rollout: Rollout, isNew = false, batchWidth = 1): string {
  const members = [...work].map((letter, index) => ({
    node: 'abcdefgh'.charAt(index),
    actions: letters[letter] ?? [],
  }));
  const places = orderTurn(members, rollout, { isNew, batchWidth });
  return places
    .map(({ node, inLine, afterNodes }) => `${node}${inLine ? '!' : ''}${afterNodes.length === 0 ? '' : `<${afterNodes.join('')}`}`)
    .join(' ');
}

describe('in a new cluster', () => {
  test.each(['parallel', 'founding', 'one'] as const)('%s: all at once', (rollout) => {
    expect(order('srj', rollout, true)).toBe('a b c');
  });
});

describe('in a cluster that exists', () => {
  test.each<[what: string, work: string, rollout: Rollout, expected: string]>([
    ['parallel: all at once', 'srr', 'parallel', 'a b c'],
    ['serial: one after the other, whatever it is', 'srs', 'serial', 'a! b!<a c!<b'],
    ['a width of two', 'ssss', { maxUnavailable: 2 }, 'a! b! c!<a d!<b'],
    ['in an order of its own: one after the other, others before them', 'srss', { inOrder: ['d', 'a', 'c'] }, 'b! d!<b a!<d c!<a'],
    ['founding: what only starts is not held up', 'sss', 'founding', 'a b c'],
    ['founding: restarts wait for starts and for each other', 'rsr', 'founding', 'b a!<b c!<ba'],
    ['founding: members join before others are restarted', 'rjsj', 'founding', 'c b!<c d!<cb a!<cd'],
    ['founding: a promotion is a join', 'rp', 'founding', 'b! a!<b'],
    ['founding: what stops counts as a restart', 'xs', 'founding', 'b a!<b'],
  ])('%s', (_, work, rollout, expected) => {
    expect(order(work, rollout)).toBe(expected);
  });

  test.each([
    [1, 'c a! b!<a d!<b e!<d'],
    [2, 'c a! b! d!<a e!<b'],
    [9, 'c a! b! d! e!'],
  ])('batches of %i: only what is taken down is counted', (width, expected) => {
    expect(order('rrsrr', 'batches', false, width)).toBe(expected);
  });
});
