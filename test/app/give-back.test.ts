import { afterEach, expect, test, vi } from 'vitest';
import { giveBack } from '../../src/app/give-back.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  [199, 0],
  [200, 1],
  [1_000, 1],
])('with %i nodes memory is given back %i times', (nodes, times) => {
  const gc = vi.fn();
  vi.stubGlobal('gc', gc);
  giveBack(nodes);
  expect(gc).toHaveBeenCalledTimes(times);
});

test('where Node offers no way to, nothing is done', () => {
  vi.stubGlobal('gc', undefined);
  expect(() => giveBack(1_000)).not.toThrow();
});
