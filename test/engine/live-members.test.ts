import { describe, expect, test } from 'vitest';
import { hasQuorum, judgeQuorum } from '../../src/cluster/quorum.ts';
import { type EtcdSeen, type EtcdStatusSeen, readEtcd } from '../../src/engine/etcd-seen.ts';
import { liveMembers } from '../../src/engine/live-members.ts';
import { RefusedError } from '../../src/errors.ts';
import { listWithLearner, statusWithQuorum } from './support/etcd-answers.ts';

const status: EtcdStatusSeen = {
  version: '3.7.3',
  leader: '1',
  revision: 5,
  raftIndex: 100_000,
  raftAppliedIndex: 100_000,
  isLearner: false,
  dbSizeBytes: 1,
  dbSizeInUseBytes: 1,
  quotaBytes: undefined,
  raftTerm: 2,
  errors: [],
  healthy: true,
};

interface Sight {
  readonly at?: string;
  readonly clusterId?: string;
  readonly names?: readonly string[];
  readonly learners?: readonly string[];
  readonly alarms?: EtcdSeen['alarms'];
}

/** Members 1, 2, 3 as seen from one of them; `statuses` by id, of those that answer. */
function see(statuses: Readonly<Record<string, Partial<EtcdStatusSeen>>>, sight: Sight = {}): EtcdSeen {
  const { at = '1', clusterId = 'c', names = ['a', 'b', 'c'], learners = [] } = sight;
  return {
    clusterId,
    memberId: at,
    members: names.map((name, index) => ({
      id: String(index + 1),
      name,
      peerURLs: [`https://192.0.2.${index + 1}:2380`],
      clientURLs: [],
      isLearner: learners.includes(String(index + 1)),
    })),
    alarms: sight.alarms ?? [],
    statuses: new Map(Object.entries(statuses).map(([id, some]) => [id, { ...status, ...some }])),
  };
}

const healthOf = (...views: readonly EtcdSeen[]): string =>
  liveMembers(views)
    ?.members.map(({ health }) => health)
    .join(' ') ?? 'unknown';
const noLeader = { leader: undefined };

describe('health, through one host', () => {
  test.each<[string, EtcdSeen, string]>([
    ['all answer', see({ 1: {}, 2: {}, 3: {} }), 'healthy healthy healthy'],
    ['one does not', see({ 1: {}, 2: {} }), 'healthy healthy down'],
    ['one never started', see({ 1: {}, 2: {} }, { names: ['a', 'b', ''] }), 'healthy healthy unstarted'],
    ['one cannot read its data', see({ 1: {}, 2: {}, 3: { healthy: false } }), 'healthy healthy lagging'],
    ['just in step', see({ 1: {}, 2: {}, 3: { raftAppliedIndex: 95_000 } }), 'healthy healthy healthy'],
    ['too far behind', see({ 1: {}, 2: {}, 3: { raftAppliedIndex: 94_999 } }), 'healthy healthy lagging'],
    ['the one that is asked is behind', see({ 1: { raftIndex: 9, raftAppliedIndex: 9 }, 2: {}, 3: {} }), 'lagging healthy healthy'],
    ['one does not see the leader', see({ 1: {}, 2: {}, 3: noLeader }), 'healthy healthy lagging'],
    ['one follows another', see({ 1: {}, 2: {}, 3: { leader: '3' } }), 'healthy healthy lagging'],
    // Too few are left for a leader: their number tells it, and whoever is left is worth keeping.
    ['one is left', see({ 1: noLeader }), 'healthy down down'],
    // Enough run, and yet there is none.
    ['all run and cannot find each other', see({ 1: noLeader, 2: noLeader, 3: noLeader }), 'lagging lagging lagging'],
    ['two run and cannot find each other', see({ 1: noLeader, 2: noLeader }), 'lagging lagging down'],
    ['a learner makes no majority', see({ 1: noLeader, 3: noLeader }, { learners: ['3'] }), 'healthy down healthy'],
    ['nobody answered any more', see({}), 'down down down'],
    ['one has other data', see({ 1: {}, 2: {}, 3: {} }, { alarms: [{ kind: 'CORRUPT', memberId: '3' }] }), 'healthy healthy corrupt'],
    ['one has other data and is down', see({ 1: {}, 2: {} }, { alarms: [{ kind: 'CORRUPT', memberId: '3' }] }), 'healthy healthy down'],
    ['the data differs, and nobody knows whose is right', see({ 1: {}, 2: {} }, { alarms: [{ kind: 'CORRUPT' }] }), 'corrupt corrupt down'],
    [
      'one that is gone had other data',
      see({ 1: {}, 2: {}, 3: {} }, { alarms: [{ kind: 'CORRUPT', memberId: '9' }] }),
      'healthy healthy healthy',
    ],
    [
      'one has no space: it acknowledges all the same',
      see({ 1: {}, 2: {}, 3: {} }, { alarms: [{ kind: 'NOSPACE', memberId: '3' }] }),
      'healthy healthy healthy',
    ],
  ])('%s', (_, view, expected) => {
    expect(healthOf(view)).toBe(expected);
  });

  test('the leader and the learners are known', () => {
    const members = liveMembers([see({ 1: {}, 2: {} }, { learners: ['3'] })])?.members ?? [];
    expect(members.map(({ isLeader, isLearner }) => [isLeader, isLearner])).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
  });

  test('what a real member answered is judged', () => {
    const seen = readEtcd(listWithLearner, [`${statusWithQuorum}\n200`]);
    const { clusterId, members } = liveMembers(seen === undefined ? [] : [seen]) ?? { clusterId: '', members: [] };
    expect([clusterId, members.map(({ health }) => health)]).toEqual(['38224b00245b2fcd', ['healthy', 'unstarted']]);
    expect(hasQuorum(members)).toBe(true);
    expect(judgeQuorum(members, { kind: 'remove', member: 'f0f28a5243779229' }).mandatory).toEqual([]);
    expect(judgeQuorum(members, { kind: 'promote', member: 'f0f28a5243779229' }).mandatory).toMatchObject([{ id: 'LearnerNotReady' }]);
  });
});

describe('whom to believe', () => {
  const alone = see({ 3: { ...noLeader, raftIndex: 900_000, raftAppliedIndex: 900_000 } }, { at: '3' });
  const withQuorum = see({ 1: {}, 2: {} });
  const older = see({ 1: {}, 2: { raftIndex: 50, raftAppliedIndex: 50 } }, { at: '2', names: ['a', 'b'] });

  test.each<[string, readonly EtcdSeen[], string]>([
    ['nobody answers', [], 'unknown'],
    ['who sees quorum, before who is ahead', [alone, withQuorum], 'healthy healthy down'],
    ['who is ahead, before who has an older list', [older, withQuorum], 'healthy healthy down'],
    ['the only one there is', [alone], 'down down healthy'],
  ])('%s', (_, views, expected) => {
    expect(healthOf(...views)).toBe(expected);
    expect(healthOf(...views.toReversed())).toBe(expected);
  });

  test('equal views: always the same', () => {
    const views = [see({ 1: {}, 2: {} }, { at: '1' }), see({ 1: {}, 2: {}, 3: {} }, { at: '2' })];
    expect(healthOf(...views)).toBe(healthOf(...views.toReversed()));
  });

  test('a second cluster is never believed, whoever is ahead', () => {
    const views = [withQuorum, see({ 2: { leader: '2' } }, { at: '2', clusterId: 'd' })];
    const message = 'these hosts are members of different etcd clusters: a (c), b (d)';
    for (const both of [views, views.toReversed()]) {
      expect(() => liveMembers(both)).toThrow(RefusedError);
      expect(() => liveMembers(both)).toThrow(message);
    }
  });

  test('a host that is in no list is named by its id', () => {
    const stray = see({}, { at: 'ff', clusterId: 'd' });
    expect(() => liveMembers([withQuorum, stray])).toThrow('a (c), ff (d)');
  });
});
