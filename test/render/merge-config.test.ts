import { describe, expect, test } from 'vitest';
import { mergeConfig } from '../../src/render/merge-config.ts';

describe('mergeConfig', () => {
  test.each([
    ['a value replaces', { a: 1 }, { a: 2 }, { a: 2 }],
    ['objects are merged', { a: { x: 1, y: 2 } }, { a: { y: 3 } }, { a: { x: 1, y: 3 } }],
    ['a list replaces', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['null removes', { a: { x: 1, y: 2 } }, { a: { x: null } }, { a: { y: 2 } }],
    ['null in a new object is nothing', {}, { a: { x: null, y: 1 } }, { a: { y: 1 } }],
    ['an object replaces a value', { a: 1 }, { a: { x: 1 } }, { a: { x: 1 } }],
    ['a value replaces an object', { a: { x: 1 } }, { a: 1 }, { a: 1 }],
    ['false is a value', { a: true }, { a: false }, { a: false }],
  ])('%s', (_, base, over, expected) => {
    expect(mergeConfig(base, over)).toEqual(expected);
  });

  test('changes neither side', () => {
    const base = Object.freeze({ a: Object.freeze({ x: 1 }) });
    const over = Object.freeze({ a: Object.freeze({ y: 2 }) });
    expect(mergeConfig(base, over)).toEqual({ a: { x: 1, y: 2 } });
    expect(base).toEqual({ a: { x: 1 } });
  });

  test('keeps the order of the base, new keys after it', () => {
    expect(Object.keys(mergeConfig({ b: 1, a: 2 }, { c: 3, a: 4 }))).toEqual(['b', 'a', 'c']);
  });
});
