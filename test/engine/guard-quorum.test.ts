import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { judgeSteps, touchesMembership } from '../../src/engine/guard-quorum.ts';
import type { Step } from '../../src/engine/plan.ts';
import { membersOf } from '../cluster/quorum-members.ts';

const unit = (op: 'start' | 'restart' | 'stop' | 'enable' | 'disable', name = 'etcd.service'): Action => ({
  kind: 'unit',
  unit: name,
  op,
  inputs: [],
  why: '',
});
const unfinished = (name: string): Action => ({ kind: 'keep', name: 'x', paths: [], units: [name], unfinished: true });
const joins = (node: string, at: number): readonly Action[] => {
  const member = { name: node, peerURL: `https://192.0.2.${at}:2380`, endpoints: [] };
  return [{ kind: 'etcd-add-member', ...member }, unit('start'), { kind: 'etcd-promote', ...member }];
};
const defrag = (id: string): Action => ({
  kind: 'etcd-defrag',
  id,
  name: `m-${id}`,
  sizeBytes: 2,
  inUseBytes: 1,
  leastGainBytes: 1,
  isAlone: false,
  timeoutSeconds: 60,
});
const step = (node: string, ...actions: readonly Action[]): Step => ({
  id: `etcd/run@${node}`,
  phase: 'etcd/run',
  node,
  title: '',
  after: [],
  actions,
  gate: [],
});
const judge = (members: string, ...steps: readonly Step[]): string =>
  judgeSteps(steps, membersOf(members))
    .map(({ id, node, severity }) => `${node} ${severity === 'error' ? id : `(${id})`}`)
    .join(', ');

describe('a plan is gone through in its order', () => {
  test.each<[what: string, members: string, steps: readonly Step[], expected: string]>([
    ['a rolling restart of three', 'hhh', [step('m-1', unit('restart')), step('m-2', unit('restart')), step('m-3', unit('restart'))], ''],
    ['a restart while one is down', 'hhd', [step('m-1', unit('restart'))], 'm-1 QuorumWouldBeLost'],
    ['the down one is started first', 'hhd', [step('m-3', unit('start')), step('m-1', unit('restart'))], ''],
    [
      'the down one was started by a run that was cut off',
      'hhd',
      [step('m-3', unfinished('etcd.service')), step('m-1', unit('restart'))],
      '',
    ],
    ['another unit there was', 'hhd', [step('m-3', unfinished('kubelet.service')), step('m-1', unit('restart'))], 'm-1 QuorumWouldBeLost'],
    ['the down one is started too late', 'hhd', [step('m-1', unit('restart')), step('m-3', unit('start'))], 'm-1 QuorumWouldBeLost'],
    [
      'two of three are stopped',
      'hhh',
      [step('m-1', unit('stop')), step('m-2', unit('stop'))],
      'm-1 (NoFailureBorne), m-2 QuorumWouldBeLost',
    ],
    ['one becomes two becomes three', 'h', [step('b', ...joins('b', 8)), step('c', ...joins('c', 9))], 'b (EvenVoters)'],
    ['a member joins without quorum', 'hdd', [step('b', ...joins('b', 8))], 'b QuorumLost, b (DeadVoter), b QuorumLost'],
    ['the only member is restarted', 'h', [step('m-1', unit('restart'))], 'm-1 (ApiAway)'],
    ['an added one is not added again', 'hU', [step('m-2', ...joins('m-2', 2))], 'm-2 (EvenVoters)'],
    [
      'a learner with wrong data never votes, however long it is waited for',
      'hhC',
      [step('m-3', { kind: 'etcd-promote', name: 'm-3', peerURL: 'https://192.0.2.3:2380', endpoints: [] })],
      'm-3 LearnerNotReady',
    ],
    ['a restart mends no wrong data', 'hhc', [step('m-3', unit('restart')), step('m-1', unit('restart'))], 'm-1 QuorumWouldBeLost'],
    ['three are defragmented', 'hhh', [step('m-2', defrag('2')), step('m-3', defrag('3')), step('m-1', defrag('1'))], ''],
    ['the only one is', 'h', [step('m-1', defrag('1'))], 'm-1 (ApiAway)'],
    ['one is while another is down', 'hhd', [step('m-1', defrag('1'))], 'm-1 MembersNotHealthy'],
    ['another unit', 'h', [step('m-1', unit('stop', 'kubelet.service'))], ''],
    ['enabling stops nobody', 'h', [step('m-1', unit('enable'), unit('disable'))], ''],
    ['a host that is no member', 'h', [step('w', unit('stop'))], ''],
  ])('%s', (_, members, steps, expected) => {
    expect(judge(members, ...steps)).toBe(expected);
  });

  test('a doubt says what and what to do', () => {
    const [doubt] = judgeSteps([step('m-1', unit('stop'))], membersOf('hhd'));
    expect(doubt).toMatchObject({ node: 'm-1', severity: 'error' });
    expect(doubt?.message).toContain('1 of 3 voters would be left');
    expect(doubt?.remedy).toContain('m-3');
  });
});

test.each<[readonly Action[], boolean]>([
  [[], false],
  [[unit('enable')], false],
  [[unit('restart', 'kubelet.service')], false],
  [[unit('restart')], true],
  [[unit('stop')], true],
  [joins('b', 8), true],
])('whether %j touches the membership', (actions, expected) => {
  expect(touchesMembership(step('a', ...actions))).toBe(expected);
});
