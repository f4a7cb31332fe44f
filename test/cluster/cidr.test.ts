import { describe, expect, test } from 'vitest';
import {
  addressFamily,
  canonicalAddress,
  canonicalCIDR,
  cidrFamily,
  contains,
  formatCIDR,
  nthAddress,
  overlaps,
  parseCIDR,
  subnetAt,
  subnetCount,
} from '../../src/cluster/cidr.ts';

describe('addressFamily', () => {
  test.each([
    ['192.0.2.1', 4],
    ['0.0.0.0', 4],
    ['255.255.255.255', 4],
    ['::', 6],
    ['2001:db8::1', 6],
    ['::ffff:192.0.2.1', 6],
  ])('%s is family %i', (text, family) => {
    expect(addressFamily(text)).toBe(family);
  });

  test.each([
    '192.0.2.01',
    '010.0.0.1',
    '192.0.2',
    '3221225985',
    '0x7f.1',
    '256.0.0.1',
    '1.2.3.4.5',
    'fe80::1%eth0',
    'host',
    '',
    ' 192.0.2.1',
    ':::',
    '1:2',
  ])('%j is no address', (text) => {
    expect(addressFamily(text)).toBeUndefined();
  });
});

test.each([
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fd00:0:0:1::', 'fd00:0:0:1::'],
  ['192.0.2.1', '192.0.2.1'],
  ['node.example.com', 'node.example.com'],
])('canonicalAddress(%s) is %s', (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
});

describe('parseCIDR', () => {
  test.each([
    ['10.244.0.0/16', '10.244.0.0/16', 4],
    ['10.244.3.9/16', '10.244.0.0/16', 4],
    ['0.0.0.0/0', '0.0.0.0/0', 4],
    ['192.0.2.1/32', '192.0.2.1/32', 4],
    ['FD00:10:244::/48', 'fd00:10:244::/48', 6],
    ['2001:db8::1/128', '2001:db8::1/128', 6],
  ])('%s', (text, canonical, family) => {
    const range = parseCIDR(text);
    expect(range && formatCIDR(range)).toBe(canonical);
    expect(canonicalCIDR(text)).toBe(canonical);
    expect(cidrFamily(text)).toBe(family);
  });

  test.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '/16',
    '10.0.0.0/16/16',
    '10.0.0.0/-1',
    '10.0.0.0/1e1',
    'fd00::/129',
    '010.0.0.0/8',
    'a/8',
    '',
  ])('%j is no range', (text) => {
    expect(parseCIDR(text)).toBeUndefined();
    expect(() => canonicalCIDR(text)).toThrow(RangeError);
  });
});

test.each([
  ['10.0.0.0/8', '10.96.0.0/16', true],
  ['10.96.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/16', '10.1.0.0/16', false],
  ['10.0.0.0/32', '10.0.0.0/32', true],
  ['0.0.0.0/0', '255.255.255.255/32', true],
  ['0.0.0.0/0', '::/0', false],
  ['fd00::/48', 'fd00:0:0:ffff::/64', true],
  ['fd00::/48', 'fd00:0:1::/64', false],
])('overlaps(%s, %s) is %s', (a, b, expected) => {
  expect(overlaps(a, b)).toBe(expected);
  expect(overlaps(b, a)).toBe(expected);
});

test.each([
  ['10.96.0.0/16', '10.96.0.0', true],
  ['10.96.0.0/16', '10.96.255.255', true],
  ['10.96.0.0/16', '10.97.0.0', false],
  ['10.96.0.0/16', '10.95.255.255', false],
  ['10.96.0.0/16', 'fd00::1', false],
  ['10.96.0.0/16', 'node.example.com', false],
  ['fd00::/64', 'fd00::ffff:0:0:1', true],
  ['fd00::/64', 'fd00:0:0:1::', false],
])('contains(%s, %s) is %s', (cidr, address, expected) => {
  expect(contains(cidr, address)).toBe(expected);
});

describe('nthAddress', () => {
  test.each([
    ['10.96.0.0/16', 0, '10.96.0.0'],
    ['10.96.0.0/16', 1, '10.96.0.1'],
    ['10.96.0.0/16', 10, '10.96.0.10'],
    ['10.96.0.0/16', 65535, '10.96.255.255'],
    ['192.0.2.4/31', 1, '192.0.2.5'],
    ['fd00:10:96::/112', 1, 'fd00:10:96::1'],
    ['fd00:10:96::/112', 10, 'fd00:10:96::a'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120', 255, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('of %s at %i is %s', (cidr, n, address) => {
    expect(nthAddress(cidr, n)).toBe(address);
    expect(contains(cidr, address)).toBe(true);
  });

  test.each([
    ['192.0.2.0/30', 4],
    ['192.0.2.0/30', -1],
    ['nonsense', 0],
  ])('of %s at %i is refused', (cidr, n) => {
    expect(() => nthAddress(cidr, n)).toThrow(RangeError);
  });
});

describe('subnets', () => {
  test.each([
    ['10.244.0.0/16', 24, 0, '10.244.0.0/24'],
    ['10.244.0.0/16', 24, 255, '10.244.255.0/24'],
    ['10.244.0.0/16', 16, 0, '10.244.0.0/16'],
    ['10.0.0.0/8', 27, 9, '10.0.1.32/27'],
    ['fd00:10:244::/48', 64, 1, 'fd00:10:244:1::/64'],
    ['fd00::/8', 128, 2 ** 40, 'fd00::100:0:0/128'],
  ])('of %s at /%i number %i is %s', (cidr, prefixLength, index, subnet) => {
    expect(subnetAt(cidr, prefixLength, index)).toBe(subnet);
    expect(overlaps(cidr, subnet)).toBe(true);
  });

  test.each([
    ['10.244.0.0/16', 24, 256],
    ['10.244.0.0/16', 24, -1],
    ['10.244.0.0/16', 8, 0],
    ['10.244.0.0/16', 33, 0],
  ])('of %s at /%i number %i is refused', (cidr, prefixLength, index) => {
    expect(() => subnetAt(cidr, prefixLength, index)).toThrow(RangeError);
  });

  test.each([
    ['10.244.0.0/16', 24, 256],
    ['10.244.0.0/16', 16, 1],
    ['10.244.0.0/16', 15, 0],
    ['10.244.0.0/16', 33, 0],
    ['fd00::/48', 64, 65536],
  ])('%s holds /%i %i times', (cidr, prefixLength, count) => {
    expect(subnetCount(cidr, prefixLength)).toBe(count);
  });

  test('neighbouring subnets never overlap', () => {
    const subnets = Array.from({ length: 16 }, (_, index) => subnetAt('198.51.100.0/24', 28, index));
    const clashes = subnets.flatMap((a, i) => subnets.slice(i + 1).filter((b) => overlaps(a, b)));
    expect(clashes).toEqual([]);
  });
});
