import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Harness } from './harness.ts';

const directory = mkdtempSync(join(tmpdir(), 'kcluster-sh-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A shell acts as sh only when it is called sh. */
function shellNamedSh(shell: string): string {
  const path = join(directory, shell, 'sh');
  mkdirSync(join(directory, shell));
  symlinkSync(`/bin/${shell}`, path);
  return path;
}

const megabyte = 'x'.repeat(1024 * 1024);

describe.each(['dash', 'bash'])('scripts through a shell that is %s', (shell) => {
  const posixShell = shellNamedSh(shell);

  test.each([
    ['output without newline', 'printf abc', { code: 0, stdout: 'abc', stderr: '' }],
    ['both streams', 'echo out; echo err >&2', { code: 0, stdout: 'out\n', stderr: 'err\n' }],
    ['an exit', 'echo a; exit 3; echo b', { code: 3, stdout: 'a\n', stderr: '' }],
    ['an exit in the middle of set -e', 'set -e; false; echo b', { code: 1, stdout: '', stderr: '' }],
    ['nothing at all', '', { code: 0, stdout: '', stderr: '' }],
    ['no newline at its end, a comment last', 'echo a # b', { code: 0, stdout: 'a\n', stderr: '' }],
    ['a here document', 'cat <<E\nline one\n$((1+1))\nE\n', { code: 0, stdout: 'line one\n2\n', stderr: '' }],
    ['quotes, backslashes and dollars', `printf '%s|' "a'b" 'c"d' 'e\\\\f' '$x'`, { code: 0, stdout: `a'b|c"d|e\\\\f|$x|`, stderr: '' }],
    ['letters beyond ASCII', 'echo größer €', { code: 0, stdout: 'größer €\n', stderr: '' }],
    ['standard input read though there is none', 'cat; echo end', { code: 0, stdout: 'end\n', stderr: '' }],
    ['another program in its place', 'exec printf gone', { code: 0, stdout: 'gone', stderr: '' }],
    ['its streams closed', 'exec >&- 2>&- <&-', { code: 0, stdout: '', stderr: '' }],
    ['a killed child', 'sh -c "kill -KILL \\$\\$"', { code: 137, stdout: '', stderr: '' }],
    [
      'shell options and variables of its own',
      'set -f; PATH=/nowhere; IFS=x; umask 077; cd /tmp; kc_a=1',
      { code: 0, stdout: '', stderr: '' },
    ],
  ])('may have or be: %s', async (_title, script, wanted) => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ posixShell });
    const result = await host.run(script);
    expect({ ...result, stderr: script.includes('kill') ? '' : result.stderr }).toEqual(wanted);
    expect(await host.run('pwd; umask; ls / >/dev/null && echo next')).toEqual({ code: 0, stdout: '/\n0022\nnext\n', stderr: '' });
  });

  test('may have a syntax error, which is an exit status', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ posixShell });
    const result = await host.run('echo a; if then');
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/syntax error/i);
    expect(await host.run('echo next')).toMatchObject({ code: 0, stdout: 'next\n' });
  });

  test('get standard input whole, whether they read it or not', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ posixShell });
    expect(await host.run('wc -c', { stdin: megabyte })).toMatchObject({ code: 0, stdout: `${megabyte.length}\n` });
    expect(await host.run('echo unread', { stdin: megabyte })).toEqual({ code: 0, stdout: 'unread\n', stderr: '' });
    expect(await host.run('head -c 3; exit 4', { stdin: megabyte })).toEqual({ code: 4, stdout: 'xxx', stderr: '' });
    expect(await host.run('cat', { stdin: 'no newline, größer' })).toMatchObject({ stdout: 'no newline, größer' });
    expect(await host.run('cat', { stdin: '' })).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await host.run('cat', { stdin: "'; exit 9\n12 -\n\n" })).toMatchObject({ code: 0, stdout: "'; exit 9\n12 -\n\n" });
  });

  test('may write megabytes to both streams, and bytes that are no text', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ posixShell });
    // One stream after the other: ssh2's server, which stands in for sshd here, can stall for ever when both wait for its window.
    const out = await host.run('head -c 5000000 /dev/zero | tr "\\0" o; printf "\\377\\000\\n"');
    expect(out.stdout.length).toBe(5_000_000 + 3);
    const err = await host.run('head -c 3000000 /dev/zero | tr "\\0" e >&2');
    expect(err.stderr).toBe('e'.repeat(3_000_000));
    expect(await host.run('echo o; echo e >&2')).toEqual({ code: 0, stdout: 'o\n', stderr: 'e\n' });
    expect(await host.run('echo next')).toMatchObject({ stdout: 'next\n' });
  });

  test('may be long themselves', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ posixShell });
    expect(await host.run(`: ${megabyte}\necho end`)).toEqual({ code: 0, stdout: 'end\n', stderr: '' });
  });

  test('cannot learn the marker, so what they print cannot end them', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host({ posixShell });
    const variables = await host.run('set; env; cat /proc/$$/cmdline | tr "\\0" "\\n"');
    expect(variables.stdout).not.toMatch(/kc_n=|[0-9a-f]{32}/);
    expect(server.execs.join()).not.toMatch(/[0-9a-f]{32}/);
  });

  test('that kill their shell have an unknown outcome, and the next one runs', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ posixShell });
    await expect(host.run('kill -KILL $$; sleep 8')).rejects.toMatchObject({
      name: 'ConnectionLostError',
      exitCode: 4,
      message: /^cp1: .*outcome is unknown/,
    });
    expect(await host.run('echo next')).toMatchObject({ stdout: 'next\n' });
  });
});

describe('a login', () => {
  test('may greet and have slow or odd rc files', async () => {
    await using harness = await Harness.create();
    const script = join(harness.directory, 'greeting-shell');
    await writeFile(script, '#!/bin/sh\necho Welcome; printf "no newline"; echo warning >&2\nexec /bin/sh "$@"\n', { mode: 0o755 });
    const { host } = await harness.host({ loginShell: script });
    expect(await host.run('echo a')).toEqual({ code: 0, stdout: 'a\n', stderr: '' });
  });

  test('that allows no shell is refused with what it said', async () => {
    await using harness = await Harness.create();
    const onExec = (_command: string, channel: { stderr: NodeJS.WritableStream; exit(code: number): void; end(): void }) => {
      channel.stderr.write('This account is currently \u001b[31mnot available.\n');
      channel.exit(1);
      channel.end();
      return true;
    };
    await expect(harness.host({ onExec })).rejects.toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message: 'cp1: the login of root ended before a shell came up: This account is currently not available.',
    });
  });

  test('that talks without end is given up', async () => {
    await using harness = await Harness.create();
    const onExec = (_command: string, channel: NodeJS.WritableStream) => {
      channel.write('y\n'.repeat(2 * 1024 * 1024));
      return true;
    };
    await expect(harness.host({ onExec })).rejects.toMatchObject({ name: 'UnreachableError', message: /1 MiB/ });
  });

  test('that never gives a shell times out', async () => {
    await using harness = await Harness.create();
    await expect(harness.host({ onExec: () => true }, { connectTimeoutMs: 200 })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: /200 ms/,
    });
  });
});

test('a head that reads ahead is found out and replaced', async () => {
  await using harness = await Harness.create();
  const bin = join(harness.directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'head'), '#!/bin/sh\ndd bs=4096 count=1 2>/dev/null | /usr/bin/head "$@"\n', { mode: 0o755 });
  const { host } = await harness.host({ rewriteInput: (text) => text.replace('PATH=/usr/local/sbin', `PATH=${bin}:/usr/local/sbin`) });
  expect(await host.run('command -v head')).toMatchObject({ stdout: `${join(bin, 'head')}\n` });
  expect(await host.run('cat; echo end', { stdin: megabyte })).toMatchObject({ code: 0, stdout: `${megabyte}end\n` });
});
