import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { checkLabName, checkLabShape, linkName, planHosts, sameShape } from '../../src/lab/lab.ts';

describe('the name of a lab', () => {
  test.each(['demo', 'a', 'lt-1', 'a2345678901234567890'])('%s is one', (name) => {
    expect(() => checkLabName(name)).not.toThrow();
  });

  test.each(['', 'Demo', '1st', '-a', 'a-', 'a_b', 'a/b', '../x', 'a b', 'a23456789012345678901'])('"%s" is none, and says why', (name) => {
    expect(() => checkLabName(name)).toThrow(ConfigurationError);
    expect(() => checkLabName(name)).toThrow(/small letters, digits and dashes/);
  });
});

describe('the shape of a lab', () => {
  test.each([
    { controlPlanes: 1, workers: 0, etcd: 0 },
    { controlPlanes: 9, workers: 150, etcd: 9 },
  ])('$controlPlanes + $workers + $etcd is accepted', (shape) => {
    expect(() => checkLabShape(shape)).not.toThrow();
  });

  test.each([
    [{ controlPlanes: 0, workers: 2, etcd: 0 }, '1 to 9 control planes, not 0'],
    [{ controlPlanes: 10, workers: 2, etcd: 0 }, '1 to 9 control planes, not 10'],
    [{ controlPlanes: 1, workers: -1, etcd: 0 }, '0 to 150 workers, not -1'],
    [{ controlPlanes: 1, workers: 151, etcd: 0 }, '0 to 150 workers, not 151'],
    [{ controlPlanes: 1, workers: 1, etcd: 10 }, '0 to 9 etcd hosts, not 10'],
    [{ controlPlanes: 1.5, workers: 1, etcd: 0 }, 'not 1.5'],
    [{ controlPlanes: Number.NaN, workers: 1, etcd: 0 }, 'not NaN'],
  ])('%o is refused', (shape, fact) => {
    expect(() => checkLabShape(shape)).toThrow(fact);
  });

  test('two shapes are the same when all three numbers are', () => {
    const shape = { controlPlanes: 3, workers: 2, etcd: 3 };
    expect(sameShape(shape, { ...shape })).toBe(true);
    expect(sameShape(shape, { ...shape, controlPlanes: 1 })).toBe(false);
    expect(sameShape(shape, { ...shape, workers: 1 })).toBe(false);
    expect(sameShape(shape, { ...shape, etcd: 0 })).toBe(false);
  });
});

describe('the hosts of a lab', () => {
  test('each role has its names and its part of the subnet', () => {
    expect(planHosts('demo', '10.101.7', { controlPlanes: 2, workers: 2, etcd: 1 })).toEqual([
      { name: 'demo-cp1', address: '10.101.7.11', roles: ['control-plane'] },
      { name: 'demo-cp2', address: '10.101.7.12', roles: ['control-plane'] },
      { name: 'demo-w1', address: '10.101.7.21', roles: ['worker'] },
      { name: 'demo-w2', address: '10.101.7.22', roles: ['worker'] },
      { name: 'demo-etcd1', address: '10.101.7.201', roles: ['etcd'] },
    ]);
  });

  test('without workers the control planes carry pods', () => {
    expect(planHosts('one', '10.101.7', { controlPlanes: 1, workers: 0, etcd: 0 })).toEqual([
      { name: 'one-cp1', address: '10.101.7.11', roles: ['control-plane', 'worker'] },
    ]);
  });

  test('the largest lab has no address twice and none outside its subnet', () => {
    const addresses = planHosts('big', '10.101.7', { controlPlanes: 9, workers: 150, etcd: 9 }).map((host) => host.address);
    expect(new Set(addresses).size).toBe(168);
    for (const address of addresses) expect(Number(address.split('.')[3])).toBeLessThan(255);
  });
});

describe('the interface of a lab', () => {
  test('fits the kernel and differs by name', () => {
    expect(linkName('a2345678901234567890').length).toBeLessThanOrEqual(15);
    expect(linkName('demo')).toBe(linkName('demo'));
    expect(linkName('demo')).not.toBe(linkName('demo2'));
  });
});
