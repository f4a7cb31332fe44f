import { expect, test } from 'vitest';
import { batchWidth, defaultMaxUnavailable } from '../../src/cluster/batch-width.ts';
import { ConfigurationError } from '../../src/errors.ts';

test.each([
  ['1', 5, 1],
  ['3', 5, 3],
  [' 7 ', 5, 7],
  ['10%', 5, 1],
  ['10%', 19, 1],
  ['10%', 20, 2],
  ['33%', 10, 3],
  ['100%', 4, 4],
  ['1%', 1000, 10],
  ['10%', 0, 1],
  [defaultMaxUnavailable, 1000, 100],
])('%j of %i nodes is %i', (text, nodes, width) => {
  expect(batchWidth(text, nodes)).toBe(width);
});

test.each(['', '0', '0%', '101%', '-1', '1.5', '10 %', 'all', '1e3', '9999999'])('%j is refused', (text) => {
  expect(() => batchWidth(text, 10)).toThrow(ConfigurationError);
  expect(() => batchWidth(text, 10)).toThrow(JSON.stringify(text));
});
