import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import { runCommand, socketOf } from './test-server.ts';
import { isAlive, waitFor } from './wait-for.ts';

/** A script that writes its process id and goes on for long. */
const longScript = (pidFile: string) => `sh -c 'echo $$ >${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 60'`;
const pidIn = async (file: string) => Number(await readFile(file, 'utf8'));

describe('many commands', () => {
  test('200 at once share at most 4 shells and keep their results apart', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => host.run(`cat; echo ${index}; exit ${index}`, { stdin: `in ${index} ` })),
    );
    expect(results).toEqual(Array.from({ length: 200 }, (_, index) => ({ code: index, stdout: `in ${index} ${index}\n`, stderr: '' })));
    expect(server.mostSessions()).toBe(4);
    expect(host.roundTrips).toBe(200);
  });

  test('one after the other need one shell only', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    for (let index = 0; index < 10; index++) await host.run(':');
    expect(server.execs.length).toBe(1);
  });

  test.each([1, 2, 3])('work where the host allows %d sessions', async (maxSessions) => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host({ maxSessions });
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => host.run(`echo ${index}`)));
    expect(results.map((result) => result.stdout)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}\n`));
    expect(server.mostSessions()).toBe(maxSessions);
  });

  test('where the host allows no session the setting is named', async () => {
    await using harness = await Harness.create();
    await expect(harness.host({ maxSessions: 0 })).rejects.toMatchObject({
      name: 'UnreachableError',
      details: { node: 'cp1', remedy: expect.stringContaining('MaxSessions') },
    });
  });

  test('where a follow holds the only session, a command is refused and not left waiting', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ maxSessions: 1 });
    const stop = new AbortController();
    const lines: string[] = [];
    const following = host.follow('echo started; sleep 60', (line) => lines.push(line), stop.signal);
    await waitFor(() => lines.length > 0);
    await expect(host.run(':')).rejects.toMatchObject({
      name: 'UnreachableError',
      details: { remedy: expect.stringContaining('MaxSessions') },
    });
    stop.abort();
    await following;
  });
});

describe('a lost connection', () => {
  test('mid-command is an unknown outcome, never a success', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const pidFile = join(harness.directory, 'pid');
    const running = host.run(longScript(pidFile));
    await waitFor(() => existsSync(pidFile));
    server.cut();
    await expect(running).rejects.toMatchObject({ name: 'ConnectionLostError', exitCode: 4, message: /^cp1: the connection was lost/ });
    process.kill(await pidIn(pidFile), 'SIGKILL');
  });

  test('rejects all that wait, and the next command connects again', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const running = Array.from({ length: 12 }, () => host.run('sleep 0.3; echo done'));
    await waitFor(() => server.openSessions() === 4);
    server.cut();
    const outcomes = await Promise.allSettled(running);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.name)).toEqual(Array(12).fill('ConnectionLostError'));
    const again = await Promise.all([host.run('echo a'), host.run('echo b')]);
    expect(again.map((result) => result.stdout)).toEqual(['a\n', 'b\n']);
    expect(server.authAttempts.length).toBe(2 * 2);
  });

  test('while the host stays away, says that it cannot be reached', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    await server.close();
    await waitFor(() => server.connections.size === 0);
    await expect(host.run(':')).rejects.toMatchObject({ exitCode: 4 });
    await expect(host.run(':')).rejects.toMatchObject({ name: 'UnreachableError', message: /refused/ });
  });

  test('a channel that closes without an exit status is an unknown outcome', async () => {
    await using harness = await Harness.create();
    const channels: ServerChannel[] = [];
    const { host } = await harness.host({
      onExec: (command, channel) => {
        channels.push(channel);
        runCommand(command, channel);
        return true;
      },
    });
    const running = host.run('sleep 1; echo too late');
    channels[0]?.close();
    await expect(running).rejects.toMatchObject({ name: 'ConnectionLostError', message: /outcome is unknown/ });
  });

  test('a channel that reports exit status 0 without our answer is an unknown outcome too', async () => {
    await using harness = await Harness.create();
    const channels: ServerChannel[] = [];
    const { host } = await harness.host({
      onExec: (command, channel) => {
        channels.push(channel);
        runCommand(command, channel);
        return true;
      },
    });
    const running = host.run('sleep 1');
    channels[0]?.exit(0);
    channels[0]?.end();
    await expect(running).rejects.toMatchObject({ name: 'ConnectionLostError' });
  });

  test.each([
    ['no number', 'zero'],
    ['a line without end', 'x'.repeat(100_000)],
  ])('an answer with %s is an unknown outcome', async (_title, status) => {
    await using harness = await Harness.create();
    const rewriteInput = (text: string) => text.replace('printf "%s %s\\n" "$kc_n" "$kc_c"', `printf "%s %s\\n" "$kc_n" ${status}`);
    const { host } = await harness.host({ rewriteInput });
    await expect(host.run(':')).rejects.toMatchObject({ name: 'ConnectionLostError', exitCode: 4 });
  });
});

describe('a command that is given up', () => {
  test('at its deadline: outcome unknown, the process ended, other commands untouched', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const pidFile = join(harness.directory, 'pid');
    const other = host.run('sleep 0.5; echo other');
    await expect(host.run(longScript(pidFile), { timeoutMs: 300, title: 'the long one' })).rejects.toMatchObject({
      name: 'ConnectionLostError',
      message: 'cp1: the long one gave no answer within 300 ms: its outcome is unknown',
    });
    const pid = await pidIn(pidFile);
    await waitFor(() => !isAlive(pid));
    expect(await other).toMatchObject({ stdout: 'other\n' });
    expect(await host.run('echo next')).toMatchObject({ stdout: 'next\n' });
  });

  test('by its signal: interrupted at once, the process ended even if close follows', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const pidFile = join(harness.directory, 'pid');
    const stop = new AbortController();
    const running = host.run(longScript(pidFile), { signal: stop.signal });
    await waitFor(() => existsSync(pidFile));
    stop.abort();
    await expect(running).rejects.toMatchObject({ name: 'InterruptedError', exitCode: 130 });
    const pid = await pidIn(pidFile);
    await host.close();
    await waitFor(() => !isAlive(pid));
  });

  test('before it began: nothing is sent', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = join(harness.directory, 'canary');
    await expect(host.run(`touch ${file}`, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'InterruptedError' });
    await host.run(':');
    expect(existsSync(file)).toBe(false);
  });

  test('while it waits for a shell: nothing is sent', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = join(harness.directory, 'canary');
    const stop = new AbortController();
    const before = Array.from({ length: 4 }, () => host.run('sleep 0.3'));
    const waiting = host.run(`touch ${file}`, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(waiting).rejects.toMatchObject({ name: 'InterruptedError' });
    await Promise.all(before);
    await host.run(':');
    expect(existsSync(file)).toBe(false);
  });
});

describe('output', () => {
  test('without end is cut off at the cap, and the writer is gone', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    await expect(host.run('yes')).rejects.toMatchObject({ name: 'ConnectionLostError', message: /more than 16777216 bytes/ });
    expect(await host.run('echo next')).toMatchObject({ stdout: 'next\n' });
  });

  test('counts on stderr too', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    await expect(host.run('yes >&2')).rejects.toMatchObject({ message: /more than 16777216 bytes/ });
  });
});

test('a connection that is closed takes nothing more', async () => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  await host.close();
  await expect(host.run(':')).rejects.toMatchObject({ name: 'InternalError', message: /closed/ });
  await host.close();
});

test.each([
  ['script', 'echo \0', undefined],
  ['input', 'cat', 'a\0b'],
])('a NUL byte in the %s is refused before it is sent', async (_title, script, stdin) => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  await expect(host.run(script, stdin === undefined ? {} : { stdin })).rejects.toMatchObject({ name: 'InternalError' });
});

test('keepalive notices a host that stops answering', async () => {
  await using harness = await Harness.create();
  const { host, server } = await harness.host({}, { keepaliveMs: 100 });
  const pidFile = join(harness.directory, 'pid');
  const running = host.run(longScript(pidFile));
  await waitFor(() => existsSync(pidFile));
  for (const connection of server.connections) (socketOf(connection) as unknown as { pause(): void }).pause();
  await expect(running).rejects.toMatchObject({
    name: 'ConnectionLostError',
    message: 'cp1: the connection was lost: the host stopped answering',
  });
  process.kill(await pidIn(pidFile), 'SIGKILL');
});

test('scripts run with plain surroundings whatever the login has set', async () => {
  await using harness = await Harness.create();
  const file = join(harness.directory, 'env.sh');
  await writeFile(file, 'echo from ENV\n');
  const { host } = await harness.host({
    environment: { LC_ALL: 'de_DE.UTF-8', ENV: file, BASH_ENV: file, CDPATH: '/tmp', PATH: process.env.PATH ?? '' },
  });
  const { stdout } = await host.run('pwd; umask; echo "$LC_ALL|$ENV|$BASH_ENV|$CDPATH|$PATH"; sh -c "echo a"');
  expect(stdout).toBe('/\n0022\nC||||/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\na\n');
});
