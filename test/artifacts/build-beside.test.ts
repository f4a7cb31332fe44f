import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildBeside } from '../../build/beside.ts';
import { isRunning } from '../../src/artifacts/is-running.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A compiler that never comes to its end; it tells its process and how low its priority is. */
const endlessGo = `#!/bin/sh
echo "$$ $(nice)" >"$FAKE_SAID.new" && mv "$FAKE_SAID.new" "$FAKE_SAID"
exec sleep 600
`;

let tools: string;
let mirror: string;

beforeEach(async () => {
  tools = await temporaryDirectory();
  mirror = await temporaryDirectory();
  await writeFile(join(tools, 'go'), endlessGo);
  await chmod(join(tools, 'go'), 0o755);
  vi.stubEnv('PATH', `${tools}:${process.env.PATH}`);
  vi.stubEnv('FAKE_SAID', join(tools, 'said'));
});
afterEach(() => vi.unstubAllEnvs());

async function compiler(): Promise<{ readonly pid: number; readonly niceness: number }> {
  const text = await vi.waitUntil(() => readFile(join(tools, 'said'), 'utf8').catch(() => undefined), { timeout: 120_000 });
  const [pid = 0, niceness = 0] = text.split(' ').map(Number);
  return { pid, niceness };
}

// On a busy machine it hardly comes to its turn: that is what it is for.
describe.skipIf(process.platform !== 'linux')('a build beside something else', { timeout: 400_000 }, () => {
  test('has the lowest priority, and is ended with all that it started', async () => {
    const end = buildBeside(['1.37.1'], mirror);
    const { pid, niceness } = await compiler();
    expect([isRunning(pid), niceness]).toEqual([true, 19]);
    // Absent where the kernel shares processors between processes alone.
    const group = () => readFile(`/proc/${pid}/autogroup`, 'utf8').catch(() => ' nice 19\n');
    await vi.waitUntil(async () => (await group()).endsWith(' nice 19\n'), { timeout: 120_000 });
    await end();
    await vi.waitUntil(() => !isRunning(pid), { timeout: 120_000 });
  });

  test('ends with whoever began it, even when that one is killed', async () => {
    const source = `const { buildBeside } = await import(${JSON.stringify(new URL('../../build/beside.ts', import.meta.url).href)});
      buildBeside(['1.37.1'], ${JSON.stringify(mirror)});`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: 'ignore' });
    const closed = once(owner, 'close');
    const { pid } = await compiler();
    owner.kill('SIGKILL');
    await closed;
    await vi.waitUntil(() => !isRunning(pid), { timeout: 120_000 });
  });
});
