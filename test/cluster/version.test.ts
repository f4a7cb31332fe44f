import { describe, expect, test } from 'vitest';
import { compareVersions, formatVersion, minorOf, parseVersion, type Version } from '../../src/cluster/version.ts';

const read = (text: string): Version => {
  const version = parseVersion(text);
  if (version === undefined) throw new RangeError(text);
  return version;
};

describe('parseVersion', () => {
  test.each([
    ['1.37.1', { major: 1, minor: 37, patch: 1, prerelease: '' }],
    ['v1.37.1', { major: 1, minor: 37, patch: 1, prerelease: '' }],
    ['1.38.0-rc.1', { major: 1, minor: 38, patch: 0, prerelease: 'rc.1' }],
    ['1.38.0-alpha', { major: 1, minor: 38, patch: 0, prerelease: 'alpha' }],
  ])('%s', (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });

  test.each(['', '1.37', '1', 'latest', '1.37.x', '1.37.1.2', '01.37.1', '-1.0.0', '1.37.1-'])('%j is no version', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

test.each(['1.37.1', '1.38.0-rc.1'])('%s is written as it was read, without a v', (text) => {
  expect(formatVersion(read(text))).toBe(text);
  expect(formatVersion(read(`v${text}`))).toBe(text);
});

test.each([
  ['1.37.1', '1.37'],
  ['1.38.0-rc.1', '1.38'],
  ['1.9.10', '1.9'],
])('%s belongs to %s', (text, minor) => {
  expect(minorOf(read(text))).toBe(minor);
});

test('are ordered as releases, not as text', () => {
  const sorted = ['1.38.0-rc.10', '1.9.0', '1.37.10', '1.38.0', '1.37.9', '1.38.0-rc.2', '1.38.0-alpha.1'].map(read).sort(compareVersions);
  expect(sorted.map(formatVersion)).toEqual(['1.9.0', '1.37.9', '1.37.10', '1.38.0-alpha.1', '1.38.0-rc.2', '1.38.0-rc.10', '1.38.0']);
});

test('equal ones are equal', () => {
  expect(compareVersions(read('1.37.1'), read('v1.37.1'))).toBe(0);
});
