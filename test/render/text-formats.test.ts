import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { stringifyToml } from '../../src/render/toml.ts';
import { stringifyYaml } from '../../src/render/yaml.ts';

const awkward = {
  text: 'yes',
  version: '1.30',
  long: 'x '.repeat(100).trim(),
  list: ['a: b', '#c'],
  nested: { 'io.containerd/x y': true, empty: {} },
};

describe('stringifyYaml', () => {
  test('reads back as it was', () => {
    expect(parseYaml(stringifyYaml(awkward))).toEqual(awkward);
  });

  test('quotes what other readers would take for a number', () => {
    expect(stringifyYaml(awkward)).toContain('version: "1.30"\n');
  });

  test('never folds a line', () => {
    expect(
      stringifyYaml(awkward)
        .split('\n')
        .some((line) => line === `long: ${awkward.long}`),
    ).toBe(true);
  });

  test('writes repeated parts out', () => {
    const part = { x: 1 };
    expect(stringifyYaml({ a: part, b: part })).toBe('a:\n  x: 1\nb:\n  x: 1\n');
  });
});

describe('stringifyToml', () => {
  test('reads back as it was', () => {
    expect(parseToml(stringifyToml(awkward))).toEqual(awkward);
  });

  test('ends with one line break', () => {
    expect(stringifyToml({ version: 3 })).toBe('version = 3\n');
  });

  test('keeps dots of a key in one key', () => {
    expect(stringifyToml({ plugins: { 'io.containerd.cri.v1.images': { a: 1 } } })).toContain('[plugins."io.containerd.cri.v1.images"]');
  });
});
