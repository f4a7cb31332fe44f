import { describe, expect, test } from 'vitest';
import { type EtcdAlarm, readEtcd } from '../../src/engine/etcd-seen.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import { listOfOne, listWithLearner, statusWithoutQuorum, statusWithQuorum } from './support/etcd-answers.ts';

const first = {
  id: '2c8d79aed6a1e699',
  name: 'quorum-cp1',
  peerURLs: ['https://10.101.95.11:2380'],
  clientURLs: ['https://10.101.95.11:2379'],
  isLearner: false,
};
const learner = { id: 'f0f28a5243779229', name: '', peerURLs: ['https://10.101.95.99:2380'], clientURLs: [], isLearner: true };

describe('what a real member answered', () => {
  test('ids are those that etcdctl prints, to the last digit', () => {
    expect(readEtcd(listWithLearner, [`${statusWithQuorum}\n200`])).toEqual({
      clusterId: '38224b00245b2fcd',
      memberId: '2c8d79aed6a1e699',
      members: [first, learner],
      alarms: [],
      statuses: new Map([
        [
          '2c8d79aed6a1e699',
          {
            version: '3.7.3',
            leader: '2c8d79aed6a1e699',
            revision: 491,
            raftIndex: 544,
            raftAppliedIndex: 544,
            isLearner: false,
            dbSizeBytes: 593_920,
            dbSizeInUseBytes: 593_920,
            quotaBytes: 8_589_934_592,
            raftTerm: 2,
            errors: [],
            healthy: true,
          },
        ],
      ]),
    });
  });

  test('without quorum it knows of no leader, and can still read its data', () => {
    const seen = readEtcd(listOfOne, [`${statusWithoutQuorum}\n200`]);
    expect(seen?.statuses.get(first.id)).toMatchObject({ leader: undefined, errors: ['etcdserver: no leader'], healthy: true });
  });

  test.each<[string, readonly string[], readonly EtcdAlarm[]]>([
    ['no space', ['memberID:3210355901217236633 alarm:NOSPACE '], [{ kind: 'NOSPACE', memberId: first.id }]],
    ['wrong data, of nobody in particular', ['alarm:CORRUPT '], [{ kind: 'CORRUPT' }]],
    ['blanks as they come', ['memberID: 3210355901217236633  alarm: CORRUPT'], [{ kind: 'CORRUPT', memberId: first.id }]],
    [
      'two, one of them told twice, beside another error',
      ['etcdserver: no leader', 'memberID:2 alarm:CORRUPT ', 'memberID:1 alarm:NOSPACE ', 'memberID:2 alarm:CORRUPT '],
      [
        { kind: 'CORRUPT', memberId: '2' },
        { kind: 'NOSPACE', memberId: '1' },
      ],
    ],
    ['an error that only speaks of one', ['no alarm:here'], []],
  ])('alarms: %s', (_, errors, alarms) => {
    const status = JSON.stringify({ ...JSON.parse(statusWithQuorum), errors });
    expect(readEtcd(listOfOne, [`${status}\n200`])?.alarms).toEqual(alarms);
  });

  test.each([
    ['200', true],
    ['503', false],
    ['000', false],
    ['', false],
  ])('health %j: %s', (code, healthy) => {
    expect(readEtcd(listOfOne, [`${statusWithQuorum}\n${code}`])?.statuses.get(first.id)?.healthy).toBe(healthy);
  });
});

describe('no answer, never an empty cluster', () => {
  test('a list that is torn anywhere', () => {
    const torn = Array.from({ length: listWithLearner.length }, (_, length) => listWithLearner.slice(0, length));
    expect(torn.filter((text) => readEtcd(text, [`${statusWithQuorum}\n200`]) !== undefined)).toEqual([]);
  });

  test('an answer of the look that is torn anywhere', () => {
    const line = `etcd-members\t${Buffer.from(listWithLearner).toString('base64')}`;
    const torn = Array.from({ length: line.length - 4 }, (_, length) => line.slice(0, length));
    expect(torn.filter((text) => readObservations([], text).etcd !== undefined)).toEqual([]);
    expect(readObservations([], line).etcd?.members).toEqual([first, learner]);
  });

  test.each([
    ['nothing', ''],
    ['an error of the gateway', '{"code":14, "message":"etcdserver: no leader"}'],
    ['no members', '{"header":{"cluster_id":"1","member_id":"2"}}'],
    ['an empty list', '{"header":{"cluster_id":"1","member_id":"2"},"members":[]}'],
    ['members of another shape', '{"header":{"cluster_id":"1","member_id":"2"},"members":{}}'],
    ['one member that cannot be read', listWithLearner.replace('"ID":"17362091599390544425", ', '')],
    ['one that is no object', listOfOne.replace('"members":[', '"members":[null, ')],
    ['one without peer URLs', listWithLearner.replace('"peerURLs":["https://10.101.95.99:2380"], ', '')],
    ['no cluster id', listOfOne.replace('"cluster_id":"4044877879314165709", ', '')],
    ['a cluster id of zero', listOfOne.replace('4044877879314165709', '0')],
    ['a cluster id that lost its digits as a number', listOfOne.replace('"4044877879314165709"', '4044877879314165709')],
    ['no member id', listOfOne.replace('"member_id":"3210355901217236633", ', '')],
    ['a header of another shape', '{"header":[],"members":[]}'],
    ['a list', '[]'],
    ['a word', 'null'],
    ['a page of a proxy', '<html>'],
  ])('%s', (_, text) => {
    expect(readEtcd(text, [`${statusWithQuorum}\n200`])).toBeUndefined();
  });
});

describe('a member whose status is not to be believed did not answer', () => {
  test.each([
    ['nothing', ''],
    ['the health alone', '\n200'],
    ['a torn status', `${statusWithQuorum.slice(0, 200)}\n200`],
    ['a status without an end', statusWithQuorum],
    ['an error', '{"code":2}\n200'],
    ['of another cluster', `${statusWithQuorum.replace('4044877879314165709', '5')}\n200`],
  ])('%s', (_, text) => {
    const seen = readEtcd(listOfOne, [text]);
    expect(seen?.members).toEqual([first]);
    expect(seen?.statuses.size).toBe(0);
  });
});
