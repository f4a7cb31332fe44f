import { describe, expect, test } from 'vitest';
import { formatRecord, immutableTable, judgeImmutable, readRecord, recordOf } from '../../src/cluster/immutable.ts';
import { apart, dualStack, one, sample, three } from '../components/sample.ts';

const files = { caFile: 'a', certFile: 'b', keyFile: 'c' };
const given = { topology: 'external', endpoints: ['https://e:2379'], ...files };
const members = three.map((node) => ({ ...node, roles: [...node.roles, 'etcd'] }));

const changes = [
  ['cluster.name', {}, { name: 'other' }, 'sample', 'other'],
  ['cluster.network.podCIDR', {}, { network: { podCIDR: '10.240.0.0/12' } }, '10.244.0.0/16', '10.240.0.0/12'],
  ['cluster.network.serviceCIDR', {}, { network: { serviceCIDR: '10.96.0.0/12' } }, '10.96.0.0/16', '10.96.0.0/12'],
  ['cluster.network.nodeCIDRMaskSize', {}, { network: { nodeCIDRMaskSize: 25 } }, '24', '25'],
  ['cluster.network.dnsDomain', {}, { network: { dnsDomain: 'example.org' } }, 'cluster.local', 'example.org'],
  ['cluster.network.plugin', {}, { network: { plugin: 'none' } }, 'routed', 'none'],
  ['cluster.network.plugin', { network: { plugin: 'none' } }, {}, 'none', 'routed'],
  ['cluster.etcd.topology', {}, { etcd: given }, 'stacked', 'external with endpoints'],
] as const;

test.each(changes)('%s from %j to %j', (field, before, after, recorded, wanted) => {
  const [found, ...others] = judgeImmutable(recordOf(sample(one, before)), recordOf(sample(one, after)));
  expect(found).toMatchObject({ field, recorded, wanted, remedy: expect.stringMatching(/^put the old value back; /) });
  expect(found?.why.length).toBeGreaterThan(20);
  expect(others).toEqual([]);
});

test('every row of the table is provoked above', () => {
  expect(new Set(changes.map(([field]) => field))).toEqual(new Set(immutableTable.map(({ field }) => field)));
});

describe('several at once', () => {
  test('are all found, in the order of the table', () => {
    const after = sample(one, { name: 'x', network: { ...dualStack, dnsDomain: 'x.org' } });
    expect(judgeImmutable(recordOf(sample(one)), recordOf(after)).map(({ field }) => field)).toEqual([
      'cluster.name',
      'cluster.network.podCIDR',
      'cluster.network.nodeCIDRMaskSize',
      'cluster.network.serviceCIDR',
      'cluster.network.dnsDomain',
    ]);
  });
});

test.each<[string, object, object]>([
  ['the release', {}, { kubernetesVersion: '1.36.5' }],
  ['the endpoint', {}, { endpoint: '192.0.2.5:6443' }],
  ['the proxy mode', {}, { network: { proxyMode: 'iptables' } }],
  ['the MTU', {}, { network: { mtu: 1400 } }],
  ['endpoints of an etcd, whose identity is judged by its own id', { etcd: given }, { etcd: { ...given, endpoints: ['https://f:2379'] } }],
  ['a range in another spelling', {}, { network: { podCIDR: ['10.244.0.0/16'] } }],
])('%s may change', (_, before, after) => {
  expect(judgeImmutable(recordOf(sample(one, before)), recordOf(sample(one, after)))).toEqual([]);
});

test('etcd on machines of its own is another topology than stacked, whoever holds the members', () => {
  const stacked = recordOf(sample(three));
  expect(judgeImmutable(stacked, recordOf(sample(apart, { etcd: { topology: 'external' } })))).toHaveLength(1);
  expect(judgeImmutable(stacked, recordOf(sample(members.slice(0, 3))))).toEqual([]);
});

describe('the file', () => {
  const record = recordOf(sample(three), '77');

  test('gives back what was written, and is the same for the same cluster', () => {
    expect(readRecord(formatRecord(record))).toEqual(record);
    expect(formatRecord(recordOf(sample(three.toReversed()), '77'))).toBe(formatRecord(record));
    expect(readRecord(formatRecord(recordOf(sample(one))))).toEqual({ settings: recordOf(sample(one)).settings });
  });

  test.each([
    ['nothing', undefined],
    ['empty', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another kind', '{"kind":"Ownership","settings":{}}'],
    ['settings that are none', '{"kind":"ClusterRecord","settings":7}'],
    ['settings that are null', '{"kind":"ClusterRecord","settings":null}'],
  ])('%s says nothing', (_, text) => {
    expect(readRecord(text)).toBeUndefined();
  });

  test('of an older kcluster is judged by what it has; what is no text is nothing', () => {
    const older = readRecord('{"kind":"ClusterRecord","settings":{"cluster.name":"old","cluster.network.podCIDR":7},"etcdClusterId":7}');
    expect(older).toEqual({ settings: { 'cluster.name': 'old' } });
    expect(judgeImmutable(older ?? record, record).map(({ field }) => field)).toEqual(['cluster.name']);
  });
});
