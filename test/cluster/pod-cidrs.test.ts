import { describe, expect, test } from 'vitest';
import type { Cluster, NetworkSettings } from '../../src/cluster/cluster.ts';
import { allotPodCIDRs } from '../../src/cluster/pod-cidrs.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { apart, sample } from '../components/sample.ts';

function clusterOf(names: readonly string[], network: Partial<NetworkSettings> = {}): Cluster {
  const cluster = sample(
    names.map((name, index) => ({ name, address: `192.0.2.${index + 1}`, roles: index === 0 ? ['control-plane'] : ['worker'] })),
  );
  return { ...cluster, network: { ...cluster.network, ...network } };
}

const allot = (cluster: Cluster, existing: Readonly<Record<string, readonly string[]>> = {}) =>
  Object.fromEntries(allotPodCIDRs(cluster, new Map(Object.entries(existing))));

const dual = { podCIDRs: ['10.244.0.0/16', 'fd00:10:244::/48'], nodeCIDRMaskSizes: [24, 64] };
const small = { podCIDRs: ['10.244.0.0/23'], nodeCIDRMaskSizes: [24] };

describe('allotPodCIDRs', () => {
  test.each<[string, readonly string[], Partial<NetworkSettings>, Record<string, readonly string[]>, object]>([
    ['names decide, not the inventory', ['c', 'a', 'b'], {}, {}, { a: ['10.244.0.0/24'], b: ['10.244.1.0/24'], c: ['10.244.2.0/24'] }],
    ['a share that exists stays', ['a', 'b'], {}, { b: ['10.244.0.0/24'] }, { a: ['10.244.1.0/24'], b: ['10.244.0.0/24'] }],
    ['the lowest free one is taken', ['a', 'b', 'c'], {}, { a: ['10.244.0.0/24'], c: ['10.244.2.0/24'] }, { b: ['10.244.1.0/24'] }],
    ['a share of somebody else is not free', ['a'], {}, { gone: ['10.244.0.0/24'] }, { a: ['10.244.1.0/24'] }],
    ['a wider share takes all that is in it', ['a'], {}, { gone: ['10.244.0.0/22'] }, { a: ['10.244.4.0/24'] }],
    ['a narrower one takes what it is in', ['a'], {}, { gone: ['10.244.0.128/25'] }, { a: ['10.244.1.0/24'] }],
    ['a share outside the range does not count', ['a'], {}, { a: ['10.99.0.0/24'] }, { a: ['10.244.0.0/24'] }],
    ['both families', ['b', 'a'], dual, {}, { a: ['10.244.0.0/24', 'fd00:10:244::/64'], b: ['10.244.1.0/24', 'fd00:10:244:1::/64'] }],
    ['the second family only is new', ['a'], dual, { a: ['10.244.3.0/24'] }, { a: ['10.244.3.0/24', 'fd00:10:244::/64'] }],
    ['whatever their order', ['a'], dual, { a: ['fd00:10:244:9::/64', '10.244.3.0/24'] }, { a: ['10.244.3.0/24', 'fd00:10:244:9::/64'] }],
    ['IPv6 written the long way', ['a'], dual, { gone: ['fd00:10:244:0:0::/64'] }, { a: ['10.244.0.0/24', 'fd00:10:244:1::/64'] }],
    ['the last share', ['a', 'b'], small, {}, { a: ['10.244.0.0/24'], b: ['10.244.1.0/24'] }],
  ])('%s', (_, names, network, existing, expected) => {
    expect(allot(clusterOf(names, network), existing)).toMatchObject(expected);
  });

  test('a node that comes moves no other', () => {
    const before = allot(clusterOf(['b', 'd']));
    const after = allot(clusterOf(['a', 'b', 'c', 'd']), before);
    expect(after).toEqual({ ...before, a: ['10.244.2.0/24'], c: ['10.244.3.0/24'] });
  });

  test('no two nodes get one share', () => {
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
    const shares = Object.values(allot(clusterOf(names), { n7: ['10.244.50.0/24'] })).flat();
    expect(new Set(shares).size).toBe(100);
  });

  test('nodes without pods get none', () => {
    const cluster = sample(apart, { endpoint: '192.0.2.5:6443', etcd: { topology: 'external' } });
    expect(Object.keys(allot(cluster)).sort()).toEqual(['cp', 'w']);
  });

  test('a range that is used up is an error that names the node', () => {
    const one = () => allot(clusterOf(['a', 'b', 'c'], small));
    expect(one).toThrow(ConfigurationError);
    expect(one).toThrow('c: the pod range 10.244.0.0/23 has no /24 left for c');
  });

  test('a share of a node that is gone counts against the range', () => {
    expect(() => allot(clusterOf(['a', 'b'], small), { gone: ['10.244.1.0/24'] })).toThrow('no /24 left for b');
  });
});
