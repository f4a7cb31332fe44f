import { describe, expect, test } from 'vitest';
import { parseCapSysResource, parseSwap, usesCgroupV1 } from '../../src/lab/machine-facts.ts';
import { parseMountinfo } from '../../src/lab/mounts.ts';

describe('CAP_SYS_RESOURCE in the bounding set', () => {
  test.each([
    ['000001ffffffffff', true],
    ['000001fffeffffff', false],
    ['0000000001000000', true],
    ['0000000000000000', false],
    ['00000000a80425fb', false],
  ])('CapBnd %s: %s', (bounding, expected) => {
    expect(parseCapSysResource(`Name:\tnode\nCapEff:\t000001ffffffffff\nCapBnd:\t${bounding}\nCapAmb:\t0\n`)).toBe(expected);
  });

  test('no such line: not there', () => {
    expect(parseCapSysResource('Name:\tnode\n')).toBe(false);
  });
});

describe('cgroup version', () => {
  test.each([
    ['one tree', '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw', false],
    ['hybrid', '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw', true],
    ['legacy', '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory', true],
  ])('%s', (_, text, expected) => {
    expect(usesCgroupV1(parseMountinfo(text))).toBe(expected);
  });
});

describe('swap', () => {
  const heading = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
  test('only the heading: none', () => expect(parseSwap(heading)).toBe(false));
  test('a line below it: some', () => expect(parseSwap(`${heading}/dev/sda2 partition 1 0 -2\n`)).toBe(true));
});
