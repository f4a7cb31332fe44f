import { expect, test } from 'vitest';
import type { Taint } from '../../src/cluster/cluster.ts';
import { formatTaint, isSameTaint } from '../../src/cluster/taint.ts';
import { parseTaint } from '../../src/inventory/parse-taint.ts';

const taint = (key: string, value: string, effect: Taint['effect'] = 'NoSchedule'): Taint => ({ key, value, effect });

test.each([
  [taint('disk', 'ssd'), 'disk=ssd:NoSchedule'],
  [taint('example.com/gpu', '', 'NoExecute'), 'example.com/gpu:NoExecute'],
])('%o is written as the inventory reads it', (value, text) => {
  expect(formatTaint(value)).toBe(text);
  expect(parseTaint(text)).toEqual(value);
});

test.each([
  ['another value', taint('a', 'x'), taint('a', 'y'), true],
  ['another effect', taint('a', 'x'), taint('a', 'x', 'NoExecute'), false],
  ['another key', taint('a', 'x'), taint('b', 'x'), false],
])('%s', (_, a, b, same) => {
  expect(isSameTaint(a, b)).toBe(same);
});
