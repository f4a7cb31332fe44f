import { describe, expect, test } from 'vitest';
import { hasQuorum, judgeQuorum, type Member, type MemberOperation, membersAfter, quorumOf } from '../../src/cluster/quorum.ts';
import { add, healthOf, idsOf, kinds, membersOf, type OnMember } from './quorum-members.ts';

const lettersOf = (members: readonly Member[]): string =>
  members
    .map(({ health, isLearner }) => {
      const letter = Object.keys(healthOf).find((key) => healthOf[key] === health) ?? '?';
      return isLearner ? letter.toUpperCase() : letter;
    })
    .join('');

const judge = (text: string, kind: OnMember, at: number) => judgeQuorum(membersOf(text), { kind, member: String(at) });

describe('quorum', () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 4],
    [7, 4],
  ])('of %i voters is %i', (voters, quorum) => {
    expect(quorumOf(voters)).toBe(quorum);
  });

  test.each([
    ['h', true],
    ['', false],
    ['hd', false],
    ['hhd', true],
    ['hgd', false],
    ['hhg', true],
    ['hhc', true],
    ['hcd', false],
    ['hcc', false],
    ['hu', false],
    ['hH', true],
    ['hdH', false],
    ['hhdd', false],
    ['hhhdd', true],
  ])('%s has it: %s', (text, expected) => {
    expect(hasQuorum(membersOf(text))).toBe(expected);
  });
});

/** Finding ids; in brackets what is only shown. */
const cases: Readonly<Record<OnMember, readonly (readonly [string, number, string])[]>> = {
  start: [
    ['hhd', 3, ''],
    ['hdd', 3, ''],
    ['d', 1, ''],
    ['hhU', 3, ''],
  ],
  stop: [
    ['hhh', 1, '(NoFailureBorne)'],
    ['hhhhh', 1, ''],
    ['hhhhd', 1, '(NoFailureBorne)'],
    ['hhd', 1, 'QuorumWouldBeLost'],
    ['hhg', 1, 'QuorumWouldBeLost'],
    ['hhg', 3, ''],
    ['hhc', 1, 'QuorumWouldBeLost'],
    ['hhc', 3, ''],
    ['hcc', 2, 'QuorumLost'],
    ['hhd', 3, ''],
    ['hhu', 3, ''],
    ['hgg', 2, 'QuorumLost'],
    ['hdd', 1, 'QuorumLost'],
    ['h', 1, 'LastVoters'],
    ['hh', 1, 'LastVoters'],
    ['hd', 1, 'LastVoters'],
    ['hd', 2, ''],
    ['hH', 2, ''],
  ],
  restart: [
    ['hhh', 1, ''],
    ['hhhh', 1, ''],
    ['hhd', 1, 'QuorumWouldBeLost'],
    ['hhd', 3, ''],
    ['hhdd', 1, 'QuorumLost'],
    ['hhdd', 3, ''],
    ['h', 1, '(ApiAway)'],
    ['hH', 1, '(ApiAway)'],
    ['hh', 2, '(ApiAway)'],
    ['d', 1, ''],
    ['hd', 1, 'QuorumLost'],
    ['hd', 2, ''],
    ['hg', 1, 'QuorumLost'],
    ['hg', 2, '(ApiAway)'],
    ['g', 1, '(ApiAway)'],
    // Two of three run, although one lags: together they can still commit.
    ['hgd', 2, 'QuorumWouldBeLost'],
    ['hgg', 2, ''],
    ['gdd', 1, ''],
    ['hhc', 3, ''],
    ['hhc', 1, 'QuorumWouldBeLost'],
    ['hc', 1, 'QuorumLost'],
    ['hcd', 2, 'QuorumWouldBeLost'],
    ['hdH', 3, ''],
  ],
  defragment: [
    ['hhh', 1, ''],
    ['hhd', 1, 'MembersNotHealthy'],
    ['hhg', 1, 'MembersNotHealthy'],
    ['hhc', 3, 'MembersNotHealthy'],
    ['hhD', 1, '(ApiAway)'],
    ['hhhD', 1, ''],
    ['hhC', 1, 'MembersNotHealthy'],
    ['hhU', 1, '(ApiAway)'],
    ['h', 1, '(ApiAway)'],
    ['hh', 2, '(ApiAway)'],
    ['hH', 2, ''],
    ['hG', 2, 'MembersNotHealthy'],
    ['d', 1, 'MembersNotHealthy'],
  ],
  promote: [
    ['hH', 2, '(EvenVoters)'],
    ['hhH', 3, ''],
    ['hhhH', 4, '(EvenVoters)'],
    ['hhdH', 4, '(EvenVoters)'],
    ['hhG', 3, 'LearnerNotReady'],
    ['hhC', 3, 'LearnerNotReady'],
    ['hccH', 4, 'QuorumLost'],
    ['hhD', 3, 'LearnerNotReady'],
    ['hhU', 3, 'LearnerNotReady'],
    ['hhh', 1, 'NotALearner'],
    ['hdH', 3, 'QuorumLost'],
    ['hdG', 3, 'LearnerNotReady QuorumLost'],
  ],
  remove: [
    ['hhh', 1, '(NoFailureBorne)'],
    ['hhhh', 1, ''],
    ['hhhhd', 1, '(NoFailureBorne)'],
    ['hhhhh', 1, ''],
    ['hhd', 3, ''],
    ['hhd', 1, 'QuorumWouldBeLost'],
    ['hhg', 1, 'QuorumWouldBeLost'],
    ['hhg', 3, ''],
    ['hhc', 3, ''],
    ['hhc', 1, 'QuorumWouldBeLost'],
    ['hcc', 3, 'QuorumLost'],
    ['hhC', 3, ''],
    ['hh', 1, ''],
    ['h', 1, 'LastMember'],
    ['hH', 1, 'LastMember'],
    ['hH', 2, ''],
    ['hU', 2, ''],
    ['hhu', 3, ''],
    ['hu', 2, 'QuorumLost'],
    ['hd', 2, 'QuorumLost'],
    ['hdd', 2, 'QuorumLost'],
    ['hdU', 3, 'QuorumLost'],
  ],
};

describe.each(kinds)('%s', (kind) => {
  test.each(cases[kind])('in %s of member %i: %s', (text, at, expected) => {
    expect(idsOf(judge(text, kind, at))).toBe(expected);
  });

  test('of somebody unknown is a defect of the caller', () => {
    expect(() => judge('hhh', kind, 9)).toThrow(new RangeError('etcd has no member 9'));
    expect(() => membersAfter(membersOf('hhh'), { kind, member: '9' })).toThrow(RangeError);
  });
});

describe('add-learner', () => {
  test.each<[string, MemberOperation, string]>([
    ['h', add(), ''],
    ['hhh', add(), ''],
    ['hhd', add(), '(DeadVoter)'],
    ['hhu', add(), '(DeadVoter)'],
    ['hhg', add(), ''],
    ['hhc', add(), '(DeadVoter)'],
    ['hhc', add('m-3'), 'NameTaken (DeadVoter)'],
    ['hd', add(), 'QuorumLost (DeadVoter)'],
    ['', add(), 'QuorumLost'],
    ['hhH', add(), 'LearnerExists'],
    ['hhU', add(), 'LearnerExists'],
    ['hhd', add('m-3'), 'NameTaken (DeadVoter)'],
    ['hhd', add('new', 'https://192.0.2.3:2380'), 'PeerURLTaken (DeadVoter)'],
    ['hhd', add('new', 'HTTPS://192.0.2.3:2380/'), 'PeerURLTaken (DeadVoter)'],
    ['hhU', add('new', 'https://192.0.2.3:2380'), 'LearnerExists PeerURLTaken'],
    ['hhh', add('m-1', 'https://192.0.2.1:2380'), 'NameTaken PeerURLTaken'],
    ['hhu', add(''), '(DeadVoter)'],
  ])('to %s: %j: %s', (text, operation, expected) => {
    expect(idsOf(judgeQuorum(membersOf(text), operation))).toBe(expected);
  });
});

describe('findings say what would be lost and what helps', () => {
  test.each<[string, MemberOperation, string, string]>([
    ['hhd', { kind: 'restart', member: '1' }, 'without m-1 1 of 3 voters would be left, 2 needed', 'bring back first: m-3 (down)'],
    ['hhd', { kind: 'remove', member: '1' }, 'without m-1 1 of 2 voters would be left, 2 needed', 'remove or bring back first: m-3 (down)'],
    ['hhg', { kind: 'remove', member: '1' }, 'without m-1 1 of 2 voters would be left, 2 needed', 'bring back first: m-3 (lagging)'],
    ['hgd', { kind: 'restart', member: '2' }, 'without m-2 1 of 3 voters would be left, 2 needed', 'bring back first: m-3 (down)'],
    [
      'hhddu',
      { kind: 'remove', member: '3' },
      '2 of 5 voters healthy, 3 needed: etcd can commit nothing, and no member that works may be touched',
      'bring back 1 of these first: m-3 (down), m-4 (down), member 5 (never started); when they are corrupt or gone for good, restore a snapshot',
    ],
    [
      'h',
      { kind: 'stop', member: '1' },
      'without m-1 0 of 1 voter would be left, 1 needed',
      'reset the whole cluster to end it, or add members to keep it',
    ],
    [
      'hhU',
      add('new', 'https://192.0.2.3:2380'),
      'etcd takes one learner at a time, there is member 3 (never started)',
      'promote or remove first: 3',
    ],
    ['hhd', add('m-3'), 'the name m-3 belongs to m-3 (down)', 'remove m-3 first, its id is 3'],
    ['hhh', add('m-3'), 'the name m-3 belongs to m-3 (healthy)', 'm-3 runs: give the new member another one'],
    [
      'hhG',
      { kind: 'promote', member: '3' },
      'm-3 (lagging) would vote without being able to acknowledge anything',
      'wait until m-3 has caught up',
    ],
    [
      'hhC',
      { kind: 'promote', member: '3' },
      'm-3 (corrupt) would vote without being able to acknowledge anything',
      'remove m-3, and let it join anew',
    ],
    [
      'hhc',
      { kind: 'remove', member: '1' },
      'without m-1 1 of 2 voters would be left, 2 needed',
      'remove or bring back first: m-3 (corrupt)',
    ],
    ['hhc', add('m-3'), 'the name m-3 belongs to m-3 (corrupt)', 'remove m-3 first, its id is 3'],
  ])('%s %j', (text, operation, message, remedy) => {
    expect(judgeQuorum(membersOf(text), operation).mandatory[0]).toMatchObject({ message, remedy });
  });

  test.each<[string, MemberOperation, string, string]>([
    [
      'hhhhd',
      { kind: 'remove', member: '1' },
      'without m-1 3 of 4 voters would be left, 3 needed: the loss of one more stops the cluster',
      'remove or bring back first: m-5 (down)',
    ],
    ['hhhH', { kind: 'promote', member: '4' }, '4 voters bear the loss of 1, no more than 3 would, and need 3', 'add another member soon'],
    [
      'hhdH',
      { kind: 'promote', member: '4' },
      '4 voters bear the loss of 1, no more than 3 would, and need 3',
      'remove what is dead: m-3 (down)',
    ],
  ])('%s %j, as a warning', (text, operation, message, remedy) => {
    expect(judgeQuorum(membersOf(text), operation).skippable[0]).toMatchObject({ message, remedy });
  });
});

describe('membersAfter', () => {
  test.each<[string, MemberOperation, string]>([
    ['hhh', { kind: 'stop', member: '2' }, 'hdh'],
    ['hdh', { kind: 'start', member: '2' }, 'hhh'],
    ['hgh', { kind: 'restart', member: '2' }, 'hhh'],
    ['hch', { kind: 'restart', member: '2' }, 'hch'],
    ['hch', { kind: 'start', member: '2' }, 'hch'],
    ['hch', { kind: 'remove', member: '2' }, 'hh'],
    ['hhH', { kind: 'promote', member: '3' }, 'hhh'],
    ['hdh', { kind: 'remove', member: '2' }, 'hh'],
    ['hh', add(), 'hhU'],
  ])('%s %j: %s', (text, operation, expected) => {
    expect(lettersOf(membersAfter(membersOf(text), operation))).toBe(expected);
  });

  test('a whole replacement can be gone through', () => {
    let members = membersOf('hhd');
    const run = (operation: MemberOperation): string => {
      const verdict = judgeQuorum(members, operation);
      if (verdict.mandatory.length === 0) members = membersAfter(members, operation);
      return `${operation.kind} ${idsOf(verdict)} ${lettersOf(members)}`;
    };
    expect(run({ kind: 'remove', member: '3' })).toBe('remove  hh');
    expect(run(add('m-3', 'https://192.0.2.3:2380'))).toBe('add-learner  hhU');
    expect(run({ kind: 'promote', member: 'new:m-3' })).toBe('promote LearnerNotReady hhU');
    expect(run({ kind: 'start', member: 'new:m-3' })).toBe('start  hhH');
    expect(run({ kind: 'promote', member: 'new:m-3' })).toBe('promote  hhh');
  });

  test('who stops leads no more', () => {
    const members = membersOf('hhh').map((member) => ({ ...member, isLeader: member.id === '1' }));
    expect(membersAfter(members, { kind: 'stop', member: '1' }).some(({ isLeader }) => isLeader)).toBe(false);
    expect(membersAfter(members, { kind: 'stop', member: '2' }).some(({ isLeader }) => isLeader)).toBe(true);
  });
});
