import { describe, expect, test } from 'vitest';
import type { Member } from '../../src/cluster/quorum.ts';
import { emptyObservations, type FileSeen, type Observations } from '../../src/engine/observation.ts';
import { placeEtcd } from '../../src/workflows/place-etcd.ts';
import { sample } from '../components/sample.ts';

const names = ['a', 'b', 'c'] as const;
const cluster = sample([
  ...names.map((name, index) => ({ name, address: `192.0.2.${index + 1}`, roles: ['control-plane'] })),
  { name: 'w', address: '192.0.2.9', roles: ['worker'] },
]);
const peer = (name: string): string => `https://192.0.2.${names.indexOf(name as 'a') + 1}:2380`;
const directory: FileSeen = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', sizeBytes: 0 };
const founders = names.map((name) => `${name}=${peer(name)}`).join(',');

const files = {
  none: undefined,
  founder: `ETCD_INITIAL_CLUSTER=${founders}\nETCD_INITIAL_CLUSTER_STATE=new\n`,
  otherFounder: `ETCD_INITIAL_CLUSTER=a=${peer('a')}\nETCD_INITIAL_CLUSTER_STATE=new\n`,
  joiner: `ETCD_INITIAL_CLUSTER=a=${peer('a')},b=${peer('b')}\nETCD_INITIAL_CLUSTER_STATE=existing\n`,
  settled: '# Written by kcluster.\nETCD_INITIAL_CLUSTER_STATE=existing\n',
} as const;

/** `founder`: the file only; `founder+data`: and a member directory. */
type Site = keyof typeof files | `${keyof typeof files}+data`;

function seenAt(site: Site): Observations {
  const [file = 'none', data] = site.split('+');
  const text = files[file as keyof typeof files];
  return {
    ...emptyObservations(),
    contents: new Map(text === undefined ? [] : [['/etc/etcd/initial-cluster.env', text]]),
    files: new Map(data === undefined ? [] : [['/var/lib/etcd/member', directory]]),
  };
}

const hosts = (sites: Readonly<Record<string, Site>>): Map<string, Observations> =>
  new Map(Object.entries(sites).map(([name, site]) => [name, seenAt(site)]));

const member = (name: string, more: Partial<Member> = {}): Member => ({
  id: `id-${name}`,
  name,
  peerURLs: [peer(name)],
  clientURLs: [peer(name).replace('2380', '2379')],
  isLearner: false,
  isLeader: false,
  health: 'healthy',
  ...more,
});
const unstarted = (name: string): Member => member(name, { name: '', clientURLs: [], isLearner: true, health: 'unstarted' });

describe('founding', () => {
  test.each<[what: string, sites: Readonly<Record<string, Site>>, exists: boolean, refused: RegExp | undefined]>([
    ['bare hosts', { a: 'none', b: 'none', c: 'none' }, false, undefined],
    ['a run that was killed before any start', { a: 'founder', b: 'none', c: 'founder' }, false, undefined],
    ['a run that was killed after one start', { a: 'founder+data', b: 'founder', c: 'none' }, false, undefined],
    ['a run that was killed before it settled', { a: 'founder+data', b: 'founder+data', c: 'founder+data' }, false, undefined],
    ['one host is away', { a: 'none', b: 'none' }, false, /only when every member's host answers; c does not/],
    ['two hosts are away, and one began', { a: 'founder+data' }, false, /b, c do not/],
    [
      'begun with other members',
      { a: 'otherFounder+data', b: 'none', c: 'none' },
      false,
      /began to be founded here with other members: a=/,
    ],
    ['written for other members, never started', { a: 'otherFounder', b: 'none', c: 'none' }, false, undefined],
    ['settled on one', { a: 'settled+data', b: 'founder+data', c: 'founder+data' }, true, undefined],
    ['data without the file', { a: 'none+data', b: 'none+data', c: 'none+data' }, true, undefined],
  ])('%s', (_, sites, exists, refused) => {
    const placed = placeEtcd(cluster, hosts(sites), undefined);
    expect(placed.exists).toBe(exists);
    expect(placed.joins.size).toBe(0);
    expect(placed.refusals.map(({ message }) => message).join('\n')).toMatch(refused ?? /^$/);
  });

  test('a node of a cluster whose etcd hosts hold nothing: no second cluster', () => {
    const observations = hosts({ a: 'none', b: 'none', c: 'none' });
    const kubelet = { load: 'loaded', active: 'active', sub: '', enabled: 'enabled', needsReload: false, restarts: 0, result: '' };
    observations.set('w', { ...emptyObservations(), units: new Map([['kubelet.service', kubelet]]) });
    const [refusal] = placeEtcd(cluster, observations, undefined).refusals;
    expect(refusal).toMatchObject({ node: 'w' });
    expect(refusal?.message).toContain('no etcd host holds any data');
    expect(refusal?.remedy).toContain('restore a snapshot');
  });

  test('before anything was looked at, nothing is judged', () => {
    expect(placeEtcd(cluster, new Map(), undefined)).toEqual({ exists: false, joins: new Map(), refusals: [] });
  });
});

describe('a control-plane role that is taken from a node with data of etcd', () => {
  const demoted = { ...cluster, nodes: cluster.nodes.map((one) => (one.name === 'c' ? { ...one, roles: ['worker' as const] } : one)) };

  test('is refused: its vote and its data stay', () => {
    const { refusals } = placeEtcd(
      demoted,
      hosts({ a: 'settled+data', b: 'settled+data', c: 'settled+data' }),
      names.map((name) => member(name)),
    );
    expect(refusals).toMatchObject([{ node: 'c', message: expect.stringContaining('holds a member of etcd') }]);
    expect(refusals[0]?.remedy).toContain('nodes remove c');
  });

  test('is no matter where there is no data, or a directory of somebody else', () => {
    expect(placeEtcd(demoted, hosts({ a: 'settled+data', b: 'settled+data', c: 'settled' }), [member('a'), member('b')]).refusals).toEqual(
      [],
    );
    expect(
      placeEtcd(demoted, hosts({ a: 'settled+data', b: 'settled+data', c: 'none+data' }), [member('a'), member('b')]).refusals,
    ).toEqual([]);
  });
});

describe('joining', () => {
  const bare = { a: 'settled+data', b: 'none', c: 'none' } as const;

  test('new hosts join in the order of their names, each told of those before it', () => {
    const { joins, refusals } = placeEtcd(cluster, hosts(bare), [member('a')]);
    expect(refusals).toEqual([]);
    const endpoints = ['https://192.0.2.1:2379'];
    expect([...joins]).toEqual([
      [
        'b',
        {
          stage: 'add',
          members: new Map([
            ['a', peer('a')],
            ['b', peer('b')],
          ]),
          endpoints,
        },
      ],
      ['c', { stage: 'add', members: new Map(names.map((name) => [name, peer(name)])), endpoints }],
    ]);
  });

  test.each<[what: string, site: Site, found: Member | undefined, expected: string]>([
    ['not a member', 'none', undefined, 'add'],
    ['configured, not yet added', 'joiner', undefined, 'add'],
    ['added, not yet started', 'joiner', unstarted('b'), 'start'],
    ['killed in its first start', 'joiner+data', unstarted('b'), 'start'],
    ['started, not yet promoted', 'joiner+data', member('b', { isLearner: true }), 'promote'],
    ['started and far behind', 'joiner+data', member('b', { isLearner: true, health: 'lagging' }), 'promote'],
    ['a member', 'settled+data', member('b'), 'member'],
    ['a member that is down', 'settled+data', member('b', { health: 'down' }), 'member'],
    ['a member whose disk is empty', 'settled', member('b'), 'its data is gone'],
    ['removed, with the data of before', 'settled+data', undefined, 'is no member any more'],
    ['added anew over old data', 'settled+data', unstarted('b'), 'holds data of an earlier member'],
    ['a member at another address', 'settled+data', member('b', { peerURLs: ['https://192.0.2.77:2380'] }), 'the inventory says'],
  ])('%s: %s', (_, site, found, expected) => {
    const live = [member('a'), member('c'), ...(found === undefined ? [] : [found])];
    const { joins, refusals } = placeEtcd(cluster, hosts({ a: 'settled+data', b: site, c: 'settled+data' }), live);
    const outcome = refusals[0]?.message ?? joins.get('b')?.stage ?? 'member';
    expect(outcome).toContain(expected);
    expect(refusals.every(({ node, remedy }) => node === 'b' && remedy.length > 20)).toBe(true);
  });

  test.each<[what: string, live: readonly Member[] | undefined]>([
    ['nobody answers', undefined],
    ['there is no quorum', [member('a'), member('c', { health: 'down' })]],
  ])('%s: who has data is left alone, who has none cannot join', (_, live) => {
    const { joins, refusals } = placeEtcd(cluster, hosts({ a: 'settled+data', b: 'none', c: 'settled+data' }), live);
    expect(joins.size).toBe(0);
    expect(refusals.map(({ node, message }) => `${node} ${message}`)).toEqual([
      'b etcd has no quorum that answers, so this host cannot join it',
    ]);
  });

  test('only members that answer are asked, and strangers are counted', () => {
    const stranger: Member = {
      ...member('a'),
      id: 'f00',
      name: '',
      peerURLs: ['https://192.0.2.50:2380'],
      health: 'unstarted',
      isLearner: true,
    };
    const { joins } = placeEtcd(cluster, hosts({ a: 'settled+data', b: 'settled+data', c: 'none' }), [
      member('a'),
      member('b', { isLearner: true, health: 'lagging' }),
      stranger,
    ]);
    expect(joins.get('c')?.endpoints).toEqual(['https://192.0.2.1:2379']);
    expect([...(joins.get('c')?.members.keys() ?? [])]).toEqual(['a', 'b', 'f00', 'c']);
  });
});
