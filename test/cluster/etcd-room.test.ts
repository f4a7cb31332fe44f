import { describe, expect, test } from 'vitest';
import {
  defaultThreshold,
  defragSeconds,
  defragTimeoutSeconds,
  gainOf,
  isCrowded,
  orderDefrag,
  paysToDefrag,
  successorOf,
} from '../../src/cluster/etcd-room.ts';
import type { Member } from '../../src/cluster/quorum.ts';
import { membersOf } from './quorum-members.ts';

const mebibyte = 1024 ** 2;
const room = (sizeMiB: number, inUseMiB: number) => ({ sizeBytes: sizeMiB * mebibyte, inUseBytes: inUseMiB * mebibyte });

describe('whether it pays', () => {
  test.each<[what: string, sizeMiB: number, inUseMiB: number, pays: boolean]>([
    ['half of a large file', 1024, 512, true],
    ['just more than a fifth', 1000, 799, true],
    ['a fifth', 1000, 800, false],
    ['just 64 MiB', 128, 64, true],
    ['most of a small file', 70, 7, false],
    ['much, but little of a huge file', 8192, 7000, false],
    ['nothing', 100, 100, false],
    ['an empty file', 0, 0, false],
    ['more in use than there is, as between two looks', 10, 11, false],
  ])('%s', (_, sizeMiB, inUseMiB, pays) => {
    expect(paysToDefrag(room(sizeMiB, inUseMiB), defaultThreshold)).toBe(pays);
  });

  test.each<[percent: number, bytes: number, pays: boolean]>([
    [0, 0, true],
    [9, mebibyte, true],
    [10, mebibyte, false],
    [0, 11 * mebibyte, false],
  ])('10 of 100 MiB, from %i %% and %i bytes on', (percent, bytes, pays) => {
    expect(paysToDefrag(room(100, 90), { percent, bytes })).toBe(pays);
  });

  test('nothing to be had never pays', () => {
    expect(paysToDefrag(room(100, 100), { percent: 0, bytes: 0 })).toBe(false);
    expect(gainOf(room(10, 11))).toBe(0);
  });
});

test.each<[sizeMiB: number, quota: number | undefined, crowded: boolean]>([
  [799, 1000 * mebibyte, false],
  [800, 1000 * mebibyte, true],
  [4000, undefined, false],
])('%i MiB of a quota of %s', (sizeMiB, quota, crowded) => {
  expect(isCrowded(room(sizeMiB, 1), quota)).toBe(crowded);
});

test('how long it takes, and when it is given up, grow with the size', () => {
  expect([0, 1, 1024, 8192].map((size) => defragSeconds(size * mebibyte))).toEqual([1, 1, 10, 80]);
  expect([0, 1024, 8192].map((size) => defragTimeoutSeconds(size * mebibyte))).toEqual([60, 260, 1660]);
});

const lead = (members: readonly Member[], id: string): readonly Member[] =>
  members.map((member) => ({ ...member, isLeader: member.id === id }));
const namesOf = (members: readonly Member[]): string => members.map(({ name }) => name).join(' ');

describe('the order', () => {
  test.each<[what: string, members: string, leader: string, order: string, successor: string | undefined]>([
    ['the leader is last', 'hhh', '1', 'm-2 m-3 m-1', 'm-2'],
    ['whoever it is', 'hhh', '3', 'm-1 m-2 m-3', 'm-1'],
    ['five', 'hhhhh', '2', 'm-1 m-3 m-4 m-5 m-2', 'm-1'],
    ['nobody leads', 'hhh', '', 'm-1 m-2 m-3', 'm-1'],
    ['a learner is left alone', 'hhhH', '1', 'm-2 m-3 m-1', 'm-2'],
    ['only who is well may lead', 'hdgh', '1', 'm-2 m-3 m-4 m-1', 'm-4'],
    ['alone', 'h', '1', 'm-1', undefined],
    ['with a learner only', 'hH', '1', 'm-1', undefined],
  ])('%s', (_, text, leader, order, successor) => {
    const members = lead(membersOf(text), leader);
    expect(namesOf(orderDefrag(members))).toBe(order);
    expect(namesOf(orderDefrag(members.toReversed()))).toBe(order);
    expect(successorOf(members)?.name).toBe(successor);
  });
});
