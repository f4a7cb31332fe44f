import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PreflightError } from '../../src/errors.ts';
import { canRunLab, ensurePrerequisites, missingPackages, requireLabMachine } from '../../src/lab/prerequisites.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kcluster-path-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(directory, { recursive: true, force: true });
});

async function addProgram(name: string, mode = 0o755): Promise<void> {
  await writeFile(join(directory, name), '#!/bin/sh\n');
  await chmod(join(directory, name), mode);
}

describe('programs a lab needs', () => {
  test('an empty path misses every package, each once, sorted', async () => {
    const missing = await missingPackages(directory);
    expect(missing).toEqual([...new Set(missing)].sort());
    expect(missing).toEqual(expect.arrayContaining(['mmdebstrap', 'openssh-client', 'systemd-container', 'util-linux']));
  });

  test('a program is found in any directory of the path', async () => {
    await addProgram('mmdebstrap');
    expect(await missingPackages(`/nonexistent${delimiter}${directory}`)).not.toContain('mmdebstrap');
  });

  test('one program of a package is not the whole package', async () => {
    await addProgram('nsenter');
    expect(await missingPackages(directory)).toContain('util-linux');
  });

  test('without leave to install, the error names packages and both remedies', async () => {
    vi.stubEnv('PATH', directory);
    const failure = ensurePrerequisites({ install: false, report: () => undefined });
    await expect(failure).rejects.toThrow(PreflightError);
    await expect(failure).rejects.toThrow(/mmdebstrap.*systemd-container/);
    await expect(failure).rejects.toMatchObject({ details: { remedy: expect.stringMatching(/--install.*apt-get install .*mmdebstrap/) } });
  });

  test('with leave to install but no apt-get, the error says so', async () => {
    vi.stubEnv('PATH', directory);
    await expect(ensurePrerequisites({ install: true, report: () => undefined })).rejects.toThrow('apt-get, which is not here');
  });
});

describe('a machine that cannot run lab hosts', () => {
  test('any user but root is told so', () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
    expect(canRunLab()).toEqual({ ok: false, reason: expect.stringContaining('need root') });
    expect(() => requireLabMachine()).toThrow(PreflightError);
  });

  test('another system is told so', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
    expect(canRunLab()).toEqual({ ok: false, reason: 'lab hosts need Linux, this is darwin' });
  });

  test('root on Linux may', () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
    expect(canRunLab()).toEqual({ ok: true });
  });
});
