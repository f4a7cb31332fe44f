import { describe, expect, test } from 'vitest';
import { maxInventoryBytes, maxNesting, scanLimits } from '../../src/inventory/scan-limits.ts';

const nestedBlocks = (depth: number, key: (level: number) => string): string =>
  Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}${key(level)}:`).join('\n');

describe('size', () => {
  test('exactly the limit is read', () => {
    expect(scanLimits('#'.padEnd(maxInventoryBytes, 'x'))).toBeUndefined();
  });

  test('one byte more is not, counted in bytes', () => {
    expect(scanLimits('#'.padEnd(maxInventoryBytes + 1, 'x'))?.message).toContain('1048577 bytes');
    expect(scanLimits('é'.repeat(maxInventoryBytes / 2 + 1))?.message).toContain('1048578 bytes');
  });
});

test('a NUL byte is found where it is', () => {
  expect(scanLimits('a: 1\nb: \0')).toMatchObject({ offset: 8, message: expect.stringContaining('NUL') });
});

describe('nesting up to the limit is harmless', () => {
  test.each([
    ['brackets', '['.repeat(maxNesting) + ']'.repeat(maxNesting)],
    ['one after the other', '[]'.repeat(5000)],
    ['blocks', nestedBlocks(maxNesting, () => 'k')],
    ['a list of many', '- x\n'.repeat(10_000)],
    ['a mapping of many', Array.from({ length: 10_000 }, (_, i) => `k${i}: {a: [1]}`).join('\n')],
    ['lists in lists beside each other', '- - - x\n'.repeat(1000)],
    ['brackets in comments', `# ${'['.repeat(1000)}\na: 1 # ${'{'.repeat(1000)}`],
    ['brackets in quotes', `a: "${'['.repeat(1000)}"\nb: '${'{'.repeat(1000)}'`],
    ['brackets in plain text', `a: x${'['.repeat(1000)}`],
    ['brackets in a block scalar', `a: |\n  ${'['.repeat(1000)}\n  ${'- '.repeat(1000)}\nb: >\n  ${'{'.repeat(1000)}`],
    ['a text far to the right', `a:\n${' '.repeat(1000)}b`],
    ['nothing', ''],
  ])('%s', (_title, text) => {
    expect(scanLimits(text)).toBeUndefined();
  });
});

describe('nesting beyond the limit is found before the parser sees it', () => {
  test.each([
    ['100 KB of opening brackets', '['.repeat(100_000)],
    ['half a million braces with keys', '{a: '.repeat(200_000)],
    ['brackets and braces by turns', '[{a: '.repeat(10_000)],
    ['one level too many', '['.repeat(maxNesting + 1)],
    ['brackets behind a hash in quotes', `[" #", ${'['.repeat(1000)}`],
    ['brackets behind an unclosed comment sign', `a#: ${'['.repeat(1000)}`],
    ['blocks', nestedBlocks(maxNesting + 1, () => 'k')],
    ['blocks whose keys get shorter', nestedBlocks(maxNesting + 1, (level) => 'k'.repeat(200 - level))],
    ['lists on one line', '- '.repeat(50_000)],
    ['explicit keys on one line', '? '.repeat(50_000)],
    ['lists, a line each', Array.from({ length: 200 }, (_, level) => `${' '.repeat(level * 2)}-`).join('\n')],
    ['lists and mappings by turns', Array.from({ length: 200 }, (_, level) => `${' '.repeat(level * 2)}- k:`).join('\n')],
    ['brackets in a second document', `a: 1\n---\n${'['.repeat(1000)}`],
  ])('%s', (_title, text) => {
    expect(scanLimits(text)?.message).toContain('nest deeper than 64 levels');
  });

  test('the place is that of the first level too many', () => {
    expect(scanLimits(`a:\n  b: ${'['.repeat(100)}`)?.offset).toBe(8 + maxNesting - 2);
  });
});
