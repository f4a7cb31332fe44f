import { describe, expect, test } from 'vitest';
import { asList, rangesOf } from '../../src/inventory/ranges.ts';

const four = '10.244.0.0/16';
const six = 'fd00:10:244::/48';
const services = { 4: '10.96.0.0/16', 6: 'fd00:10:96::/112' };

describe('rangesOf', () => {
  test.each<[string, Parameters<typeof rangesOf>[0], ReturnType<typeof rangesOf>]>([
    ['nothing', {}, { pods: [four], services: [services[4]], nodeMaskSizes: [24] }],
    ['IPv6 pods bring IPv6 services', { podCIDR: 'fd00:1::/48' }, { pods: ['fd00:1::/48'], services: [services[6]], nodeMaskSizes: [64] }],
    ['IPv6 services bring IPv6 pods', { serviceCIDR: 'fd00:2::/112' }, { pods: [six], services: ['fd00:2::/112'], nodeMaskSizes: [64] }],
    [
      'dual pods bring dual services',
      { podCIDR: [six, four] },
      { pods: [six, four], services: [services[6], services[4]], nodeMaskSizes: [64, 24] },
    ],
    [
      'shares as given',
      { podCIDR: [four, six], nodeCIDRMaskSize: [25, 60] },
      { pods: [four, six], services: [services[4], services[6]], nodeMaskSizes: [25, 60] },
    ],
    ['a single share', { nodeCIDRMaskSize: 26 }, { pods: [four], services: [services[4]], nodeMaskSizes: [26] }],
    ['canonical', { podCIDR: 'FD00:0:0:0::/48' }, { pods: ['fd00::/48'], services: [services[6]], nodeMaskSizes: [64] }],
  ])('%s', (_title, network, ranges) => {
    expect(rangesOf(network)).toEqual(ranges);
  });

  test.each([
    ['fd00::/48', 64],
    ['fd00::/56', 64],
    ['fd00::/63', 64],
    ['fd00::/64', 80],
    ['fd00::/40', 56],
    ['fd00::/112', 126],
    ['fd00::/120', 126],
  ])('the share of %s is /%i', (podCIDR, maskSize) => {
    expect(rangesOf({ podCIDR }).nodeMaskSizes).toEqual([maskSize]);
  });
});

test('asList', () => {
  expect([asList(undefined), asList('a'), asList(['a', 'b']), asList([])]).toEqual([[], ['a'], ['a', 'b'], []]);
});
