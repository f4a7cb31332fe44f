import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LockedError } from '../../src/errors.ts';
import { withLabLock } from '../../src/lab/lab-lock.ts';
import { labPaths, labsDirectory } from '../../src/lab/paths.ts';
import { identifyProcess } from '../../src/lab/process-identity.ts';

describe.runIf(process.platform === 'linux')('the lock of a lab', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kcluster-lab-lock-'));
    vi.stubEnv('XDG_STATE_HOME', home);
    await withLabLock('other', async () => undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  });

  test('is there while the work runs, and gone after it, also when it fails', async () => {
    await withLabLock('demo', () => access(labPaths('demo').lock));
    await expect(withLabLock('demo', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await readdir(labsDirectory())).toEqual([]);
  });

  test('a second holder is refused and told who the first is; another lab is free', async () => {
    await withLabLock('demo', async () => {
      await expect(withLabLock('demo', async () => 'no')).rejects.toThrow(LockedError);
      await expect(withLabLock('demo', async () => 'no')).rejects.toThrow(`process ${process.pid}`);
      await expect(withLabLock('demo2', async () => 'yes')).resolves.toBe('yes');
    });
  });

  const self = identifyProcess(process.pid);
  test.each([
    ['a process that is gone', JSON.stringify({ ...self, pid: 2 ** 22 + 1 })],
    ['an earlier process of our number', JSON.stringify({ ...self, startTicks: 1 })],
    ['an earlier boot', JSON.stringify({ ...self, bootId: 'before' })],
    ['a process killed before it wrote its name', ''],
    ['a process killed while it wrote its name', '{"pid": 4'],
  ])('a lock left by %s is taken over', async (_, text) => {
    await writeFile(labPaths('demo').lock, text);
    await expect(withLabLock('demo', async () => 'done')).resolves.toBe('done');
    expect(await readdir(labsDirectory())).toEqual([]);
  });
});
