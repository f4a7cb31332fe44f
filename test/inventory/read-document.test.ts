import { describe, expect, test } from 'vitest';
import { type InventoryDocument, readDocument } from '../../src/inventory/read-document.ts';

const messages = (document: InventoryDocument): string[] => document.faults.map((fault) => fault.message);
const slice = (text: string, { offset, length }: { offset: number; length: number }): string => text.slice(offset, offset + length);

describe('values', () => {
  test.each<[string, unknown]>([
    ['a: 1\nb: [x, "y", true, null]', { a: 1, b: ['x', 'y', true, null] }],
    ['a: yes\nb: off\nc: 12:30', { a: 'yes', b: 'off', c: '12:30' }],
    ['a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['a:\nb: ~\n? c', { a: null, b: null, c: null }],
    ['{"a": {"b": []}}', { a: { b: [] } }],
    ['', null],
    ['# only a comment', null],
    ['just text', 'just text'],
  ])('%j', (text, value) => {
    const document = readDocument(text);
    expect(document.value).toEqual(value);
    expect(messages(document)).toEqual([]);
  });
});

describe('places', () => {
  const text = 'cluster:\n  version: 1.30\n  quoted: "1.30"\nnodes:\n  - &n { name: a }\n  - *n\n';
  const document = readDocument(text);

  test.each([
    [['cluster', 'version'], 'key', 'version'],
    [['cluster', 'version'], 'value', '1.30'],
    [['nodes', 0, 'name'], 'value', 'a'],
    [['nodes', 1, 'name'], 'value', 'a'],
    [['nodes', 1], 'value', '*n'],
    [['cluster', 'missing'], 'value', 'c'],
    [['nodes', 7, 'name'], 'value', 'n'],
    [['nothing', 'at', 'all'], 'value', 'c'],
  ] as const)('%j, %s: %j', (path, at, expected) => {
    expect(slice(text, document.spanOf(path, at))).toBe(expected);
  });

  test('lines and columns count from 1', () => {
    expect(document.positionOf(0)).toEqual({ line: 1, column: 1 });
    expect(document.positionOf(document.spanOf(['cluster', 'version'], 'value').offset)).toEqual({ line: 2, column: 12 });
  });

  test('only plain scalars have a source of their own', () => {
    expect(document.sourceOf(['cluster', 'version'])).toBe('1.30');
    expect(document.sourceOf(['cluster', 'quoted'])).toBeUndefined();
    expect(document.sourceOf(['cluster'])).toBeUndefined();
    expect(document.sourceOf(['nowhere'])).toBeUndefined();
  });
});

describe('what is no YAML', () => {
  test.each([
    ['an unclosed bracket', 'a: [1'],
    ['an unclosed quote', 'a: "x'],
    ['bad indentation', 'a:\n  b: 1\n c: 2'],
    ['a tab as indentation', 'a:\n\tb: 1'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a mapping in a mapping', 'a: b: c'],
    ['a bad escape', 'a: "\\q"'],
  ])('%s', (_title, text) => {
    const document = readDocument(text);
    expect(document.hasSyntaxErrors).toBe(true);
    expect(messages(document).length).toBeGreaterThan(0);
  });

  test('two of them are said in own words', () => {
    expect(messages(readDocument('a: 1\n---\nb: 2'))).toEqual(['a second document begins here; an inventory is one document']);
    expect(messages(readDocument('a:\n\tb: 1')).join()).toContain('a tab indents this line');
  });
});

describe('what is YAML but no inventory', () => {
  test.each([
    ['a key twice', 'a: 1\nb: 2\na: 3', 'this key is written twice'],
    ['a number as key', 'labels: { 1: x }', '1 cannot be a key here; keys are texts, so put it in quotes'],
    ['a truth value as key', 'true: x', 'true cannot be a key here'],
    ['a list as key', '? [a]\n: b', 'a list or mapping cannot be a key here'],
    ['the prototype as key', '__proto__: { polluted: true }', '__proto__ cannot be a key here'],
    ['a line break in a value', 'a: |\n  one\n  two', 'contains a line break or another control character'],
    ['a line break in a key', '"a\\nb": 1', 'contains a line break'],
    ['an escape character', 'a: "\\e[31m"', 'control character'],
    ['a text that runs backwards', 'a: "\\u202Eevil"', 'control character'],
    ['half a character', 'a: "\\ud800"', 'control character'],
    ['an alias of nothing', 'a: *nowhere', 'so *nowhere stands for nothing'],
    ['an alias before its anchor', 'a: *later\nb: &later 1', 'so *later stands for nothing'],
    ['an unknown tag', 'a: !secret x', 'secret'],
    ['YAML 1.1', '%YAML 1.1\n---\na: no', 'remove the directive %YAML 1.1'],
  ])('%s', (_title, text, message) => {
    expect(messages(readDocument(text)).join('\n')).toContain(message);
  });

  test('nothing is polluted', () => {
    const { value } = readDocument('__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\na: 1');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).toMatchObject({ a: 1 });
  });

  test('an alias bomb ends early', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `k${level + 1}: &k${level + 1} [${Array(10).fill(`*k${level}`).join(', ')}]`);
    const document = readDocument(['k0: &k0 [x, x]', ...levels].join('\n'));
    expect(messages(document)).toHaveLength(1);
    expect(messages(document)[0]).toContain('through aliases to more than 200000 values');
    expect(document.hasSyntaxErrors).toBe(true);
  });

  test('an alias that contains itself ends', () => {
    expect(messages(readDocument('a: &a [*a]')).join()).toContain('an alias contains itself');
    expect(messages(readDocument('a: &a { b: { c: *a } }')).join()).toContain('an alias contains itself');
  });
});
