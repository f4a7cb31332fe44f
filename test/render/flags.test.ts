import { describe, expect, test } from 'vitest';
import { formatFlags, formatPairs } from '../../src/render/flags.ts';

const defaults = { profiling: false, 'secure-port': 6443, 'bind-address': '0.0.0.0' };

describe('formatFlags', () => {
  test('sorts by name, whatever the order of the defaults', () => {
    expect(formatFlags(defaults)).toEqual(['--bind-address=0.0.0.0', '--profiling=false', '--secure-port=6443']);
  });

  test('leaves out what is undefined', () => {
    expect(formatFlags({ v: undefined })).toEqual([]);
  });

  test.each([
    ['a value wins', { 'secure-port': '8443' }, ['--bind-address=0.0.0.0', '--profiling=false', '--secure-port=8443']],
    ['null removes', { profiling: null }, ['--bind-address=0.0.0.0', '--secure-port=6443']],
    [
      'a list repeats, in its order',
      { 'bind-address': ['b', 'a'] },
      ['--bind-address=b', '--bind-address=a', '--profiling=false', '--secure-port=6443'],
    ],
    ['an empty list removes', { profiling: [] }, ['--bind-address=0.0.0.0', '--secure-port=6443']],
    ['a new flag is sorted in', { 'max-x': '1' }, ['--bind-address=0.0.0.0', '--max-x=1', '--profiling=false', '--secure-port=6443']],
    ['null for a flag we do not set', { 'max-x': null }, ['--bind-address=0.0.0.0', '--profiling=false', '--secure-port=6443']],
  ])('%s', (_, extraArgs, expected) => {
    expect(formatFlags(defaults, extraArgs)).toEqual(expected);
  });

  test('a credential is found where systemd puts it', () => {
    expect(formatFlags({ 'tls-private-key-file': { credential: 'apiserver.key' } })).toEqual([
      `--tls-private-key-file=\${CREDENTIALS_DIRECTORY}/apiserver.key`,
    ]);
  });

  test('a user cannot reach the expansion that our own flags use', () => {
    expect(formatFlags({}, { 'log-dir': `\${CREDENTIALS_DIRECTORY}` })).toEqual([`--log-dir=$\${CREDENTIALS_DIRECTORY}`]);
  });
});

test('formatPairs sorts by key', () => {
  expect(formatPairs({ zone: 'b', disk: 'ssd', CompactHashCheck: true })).toBe('CompactHashCheck=true,disk=ssd,zone=b');
});
