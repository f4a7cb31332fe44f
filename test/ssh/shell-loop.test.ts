import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loopLine, shellCommand, shellQuote } from '../../src/host/ssh/shell-loop.ts';
import { isAlive, waitFor } from './wait-for.ts';

vi.setConfig({ testTimeout: 30_000 });

const nonce = '0123456789abcdef0123456789abcdef';
const state = { directory: '' };

beforeEach(async () => {
  state.directory = await mkdtemp(join(tmpdir(), 'kcluster-loop-'));
});
afterEach(() => rm(state.directory, { recursive: true }));

/** The loop without SSH, so that its input can be cut anywhere. */
function startLoop(): ChildProcessWithoutNullStreams & { readonly text: () => string } {
  const child = spawn('/bin/sh', ['-c', shellCommand('none')], { detached: true });
  const chunks: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stdin.write(loopLine(nonce));
  return Object.assign(child, { text: () => chunks.join('') });
}

const exited = (child: ChildProcessWithoutNullStreams) => new Promise<void>((resolve) => child.on('close', () => resolve()));

describe('input that ends too early runs nothing:', () => {
  const script = (canary: string) => `cat >/dev/null; touch ${canary}`;

  test.each([
    ['in the frame line', (text: string) => `${Buffer.byteLength(text)} `],
    ['in the script', (text: string) => `${Buffer.byteLength(text)} -\n${text.slice(0, -1)}`],
    ['after a script that is valid by itself', (text: string) => `${Buffer.byteLength(text) + 5} -\n${text}\n`],
    ['before its standard input', (text: string) => `${Buffer.byteLength(text)} =10\n${text}`],
    ['in its standard input', (text: string) => `${Buffer.byteLength(text)} =10\n${text}123456789`],
  ])('%s', async (_title, frame) => {
    const canary = join(state.directory, 'canary');
    const loop = startLoop();
    loop.stdin.end(frame(script(canary)));
    await exited(loop);
    expect(loop.text()).toMatch(new RegExp(`${nonce} ready \\d+ \\d+ \\d+ \\d+\\n$`));
    expect(existsSync(canary)).toBe(false);
  });
});

test('whole input runs, and the loop ends with its input', async () => {
  const loop = startLoop();
  loop.stdin.write('3 =2\ncathi6 -\nexit 7');
  loop.stdin.end();
  await exited(loop);
  expect(loop.text()).toMatch(new RegExp(`ready [^\\n]*\\nhi${nonce} 0\\n${nonce} 7\\n$`));
});

describe('a leash', () => {
  const script = (pidFile: string) => `sh -c 'echo $$ >${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 60'`;

  test('kills what is followed when the connection has been silent for its time', async () => {
    const pidFile = join(state.directory, 'pid');
    const loop = startLoop();
    const gone = exited(loop);
    const text = script(pidFile);
    loop.stdin.write(`${text.length} @1\n${text}`);
    await waitFor(() => existsSync(pidFile));
    const pid = Number(await readFile(pidFile, 'utf8'));
    await waitFor(() => !isAlive(pid));
    await gone;
    expect(loop.text()).not.toContain(`${nonce} 0\n`);
  });

  test('holds as long as something is heard', async () => {
    const pidFile = join(state.directory, 'pid');
    const loop = startLoop();
    const text = script(pidFile);
    loop.stdin.write(`${text.length} @1\n${text}`);
    await waitFor(() => existsSync(pidFile));
    const pid = Number(await readFile(pidFile, 'utf8'));
    for (let beat = 0; beat < 5; beat++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      loop.stdin.write('.');
      expect(isAlive(pid)).toBe(true);
    }
    loop.stdin.end();
    await waitFor(() => !isAlive(pid));
  });
});

test('the command for the login shell holds nothing that another shell could read otherwise', () => {
  for (const become of ['none', 'sudo', 'sudo-password'] as const) {
    expect(shellCommand(become)).not.toMatch(/[!\\\n`]/);
    expect(shellCommand(become).split("'").length).toBe(3);
  }
  expect(loopLine(nonce).trimEnd()).not.toContain('\n');
});

test.each(["a'b", '$(touch x)', 'a\nb', '', '-rf', '"', '\\'])('%j is quoted so that sh gives it back', async (value) => {
  const child = spawn('/bin/sh', ['-c', `printf %s ${shellQuote(value)}`]);
  const chunks: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  await exited(child);
  expect(chunks.join('')).toBe(value);
});
