import { describe, expect, test } from 'vitest';
import { StoppedError } from '../../src/errors.ts';
import { chooseSubnet, networkScript } from '../../src/lab/network.ts';

const allSubnets = Array.from({ length: 256 }, (_, index) => `10.101.${index}`);

describe('the subnet of a lab', () => {
  test('is the same for the same name, and one of 10.101.0.0/16', () => {
    expect(chooseSubnet('demo', [])).toBe(chooseSubnet('demo', []));
    expect(allSubnets).toContain(chooseSubnet('demo', []));
  });

  test.each([
    ['the subnet itself', (subnet: string) => `${subnet}.0/24`],
    ['a host route in it', (subnet: string) => `${subnet}.77`],
    ['a part of it', (subnet: string) => `${subnet}.128/25`],
  ])('is another one when %s is routed', (_, route) => {
    const first = chooseSubnet('demo', []);
    const second = chooseSubnet('demo', [route(first)]);
    expect(second).not.toBe(first);
    expect(allSubnets).toContain(second);
  });

  test('does not mind routes elsewhere', () => {
    const first = chooseSubnet('demo', []);
    expect(chooseSubnet('demo', ['192.0.2.0/24', '10.102.0.0/16', '127.0.0.0/8', '10.101.0.0/32'])).toBe(first);
  });

  test('goes round at the end of the range', () => {
    const free = chooseSubnet('demo', []);
    const before = allSubnets[(allSubnets.indexOf(free) + 255) % 256];
    const routes = allSubnets.filter((subnet) => subnet !== before).map((subnet) => `${subnet}.0/24`);
    expect(chooseSubnet('demo', routes)).toBe(before);
  });

  test.each(['10.101.0.0/16', '10.0.0.0/8'])('says so when %s takes everything', (route) => {
    expect(() => chooseSubnet('demo', [route])).toThrow(StoppedError);
  });
});

describe('the script that makes the network', () => {
  const script = networkScript('/state/a lab/fabric', 'kl-1234567890', '10.101.7');

  test('quotes the namespace, whose path is the user’s', () => {
    expect(script).toContain("unshare --net='/state/a lab/fabric' true");
    expect(script).not.toMatch(/[^']\/state\/a lab/);
  });

  test('gives the operator the first address of the subnet, after the bridge is up', () => {
    expect(script).toContain('ip address add 10.101.7.1/24 dev kl-1234567890');
    expect(script.indexOf('ip link set lab up')).toBeLessThan(script.indexOf('ip address add'));
  });
});
