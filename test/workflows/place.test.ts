import { describe, expect, test } from 'vitest';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { place, placementProbesOf } from '../../src/workflows/place.ts';
import { apart, sample, three } from '../components/sample.ts';
import { placeableObservations } from './placeable.ts';

const cluster = sample(three);
const shares = (seen: Parameters<typeof placeableObservations>[0], of: Cluster = cluster) =>
  Object.fromEntries(place(of, selectVersions(of), placeableObservations(seen)).podCIDRs);

describe('pod ranges', () => {
  test('of a new cluster follow the names', () => {
    expect(shares({})).toEqual({ a: ['10.244.0.0/24'], b: ['10.244.1.0/24'], c: ['10.244.2.0/24'], w: ['10.244.3.0/24'] });
  });

  test('stay what hosts hand out, and what the API says', () => {
    expect(shares({ a: { cni: ['10.244.7.0/24'] }, b: { nodes: { w: ['10.244.1.0/24'] } } })).toEqual({
      a: ['10.244.7.0/24'],
      b: ['10.244.0.0/24'],
      c: ['10.244.2.0/24'],
      w: ['10.244.1.0/24'],
    });
  });

  test('of a host win over those of the API: pods have addresses of them', () => {
    expect(shares({ a: { cni: ['10.244.7.0/24'], nodes: { a: ['10.244.9.0/24'] } } })).toMatchObject({ a: ['10.244.7.0/24'] });
  });

  test('of a node that left are kept for it while its Node object is there', () => {
    expect(shares({ a: { nodes: { gone: ['10.244.0.0/24'] } } })).toMatchObject({ a: ['10.244.1.0/24'] });
  });

  test('are seen through any API server that answers', () => {
    expect(shares({ c: { nodes: { w: ['10.244.5.0/24'] } } })).toMatchObject({ w: ['10.244.5.0/24'] });
  });

  test('both families of a conflist count', () => {
    const dual: Cluster = {
      ...cluster,
      network: { ...cluster.network, podCIDRs: ['10.244.0.0/16', 'fd00:10:244::/48'], nodeCIDRMaskSizes: [24, 64] },
    };
    expect(shares({ b: { cni: ['10.244.0.0/24', 'fd00:10:244:5::/64'] } }, dual)).toMatchObject({
      a: ['10.244.1.0/24', 'fd00:10:244::/64'],
      b: ['10.244.0.0/24', 'fd00:10:244:5::/64'],
    });
  });

  test.each([
    ['no JSON', '{"plugins": ['],
    ['empty', ''],
    ['null', 'null'],
    ['a number', '7'],
    ['a text', '"plugins"'],
    ['plugins that are no list', '{"plugins":{"ipam":{"ranges":[]}}}'],
    ['a plugin that is none', '{"plugins":[null,7,[]]}'],
    ['ranges that are no list', '{"plugins":[{"ipam":{"ranges":"10.244.9.0/24"}}]}'],
    ['ranges that hold no lists', '{"plugins":[{"ipam":{"ranges":[{"subnet":"10.244.9.0/24"},null,[null]]}}]}'],
    ['a range without a subnet', '{"plugins":[{"ipam":{"ranges":[[{"gateway":"10.244.9.1"}]]}}]}'],
    ['a subnet that is none', '{"plugins":[{"ipam":{"ranges":[[{"subnet":"everything"}]]}}]}'],
    ['a subnet that is no text', '{"plugins":[{"ipam":{"ranges":[[{"subnet":9}]]}}]}'],
    ['a plugin without ipam', '{"plugins":[{"type":"portmap"}]}'],
  ])('a configuration that is damaged (%s) counts as none', (_, text) => {
    expect(shares({ a: { conflist: text } })).toEqual(shares({}));
  });
});

describe('etcd exists', () => {
  const exists = (seen: Parameters<typeof placeableObservations>[0], of: Cluster = cluster) =>
    place(of, selectVersions(of), placeableObservations(seen)).etcdExists;

  test.each([
    ['on bare hosts', {}, false],
    ['when one member has data', { b: { etcd: true } }, true],
    ['not when a host without the role has such a directory', { w: { etcd: true } }, false],
  ])('%s', (_, seen, expected) => {
    expect(exists(seen)).toBe(expected);
  });

  test('on machines of its own too', () => {
    expect(exists({ e3: { etcd: true } }, sample(apart, { endpoint: '192.0.2.5:6443', etcd: { topology: 'external' } }))).toBe(true);
  });
});

test('what placement follows from is asked of every host, and etcd where it may run', () => {
  const cluster = sample(apart, { endpoint: '192.0.2.5:6443', etcd: { topology: 'external' } });
  const asked = Object.fromEntries(cluster.nodes.map((node) => [node.name, placementProbesOf(node).map(({ kind }) => kind)]));
  const always = ['facts', 'content', 'file', 'content', 'file', 'kube-nodes'];
  expect(asked).toMatchObject({ w: always, e3: [...always, 'etcd', 'content'] });
});
