import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { baseSystemsDirectory, labPaths, labsDirectory, machinePaths } from '../../src/lab/paths.ts';

describe('where labs are kept', () => {
  test.each([
    ['unset', undefined],
    ['empty', ''],
  ])('XDG variables %s: below the home directory', (_, value) => {
    expect(labsDirectory({ XDG_STATE_HOME: value })).toBe(join(homedir(), '.local/state/kcluster/lab'));
    expect(baseSystemsDirectory({ XDG_CACHE_HOME: value })).toBe(join(homedir(), '.cache/kcluster/lab'));
  });

  test('XDG variables set: below them', () => {
    expect(labsDirectory({ XDG_STATE_HOME: '/s' })).toBe('/s/kcluster/lab');
    expect(baseSystemsDirectory({ XDG_CACHE_HOME: '/c' })).toBe('/c/kcluster/lab');
  });

  test('the lock is outside the lab’s directory, everything else inside', () => {
    const { directory, lock, ...inside } = labPaths('demo');
    expect(lock.startsWith(`${directory}/`)).toBe(false);
    for (const path of [...Object.values(inside), ...Object.values(machinePaths('demo', 'demo-w1'))])
      expect(path).toContain(`${directory}/`);
  });
});
