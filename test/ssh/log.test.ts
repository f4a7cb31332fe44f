import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../src/host/redaction.ts';
import { openRunLog } from '../../src/host/run-log.ts';
import { connectHost } from '../../src/host/ssh/connect-host.ts';
import { Harness } from './harness.ts';

test('every command is written down: title, script, status, sizes, and for failures the text', async () => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  await host.run('printf abc', { title: 'say abc', stdin: 'hidden' });
  await host.run('echo out; printf "\\033[31mred" >&2; exit 3');
  await host.run('kill -KILL $$').catch(() => undefined);
  await host.follow('echo a', () => undefined);
  expect(harness.log.entries).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      node: 'cp1',
      kind: 'run',
      title: 'say abc',
      script: 'printf abc',
      code: 0,
      ms: expect.any(Number),
      stdoutBytes: 3,
      stderrBytes: 0,
    },
    expect.objectContaining({ code: 3, stdoutBytes: 4, stderrBytes: 8, stdout: 'out', stderr: 'red' }),
    expect.objectContaining({ script: 'kill -KILL $$', error: expect.stringContaining('outcome is unknown') }),
    expect.objectContaining({ kind: 'follow', script: 'echo a', code: 0 }),
  ]);
  expect(harness.log.entries[2]).not.toHaveProperty('code');
});

test('canary secrets never reach the log, in no encoding, and arrive unchanged at the host', async () => {
  await using harness = await Harness.create();
  const server = await harness.server();
  const redactor = createRedactor();
  const path = join(harness.directory, 'run.log');
  const log = await openRunLog(path, redactor);
  const secrets = ['canary-t0ken/+=', 'two lines of canary\nsecond canary line', 'käse & "canary"'];
  for (const secret of secrets) redactor.add(secret);
  const host = await connectHost(harness.node(server), { ...(await harness.options()), log });
  const source = join(harness.directory, 'canary-t0ken');
  await writeFile(source, '');
  for (const secret of secrets) {
    const base64 = Buffer.from(secret).toString('base64');
    expect((await host.run(`cat; echo '${secret}'; echo ${base64}; echo '${secret}' >&2; exit 1`, { stdin: secret })).stdout).toBe(
      `${secret}${secret}\n${base64}\n`,
    );
    await host.run(`echo ${encodeURIComponent(secret).replaceAll("'", '')}; exit 1`, { title: `about ${secret}` });
    await host.run(`echo ${Buffer.from(`user:${secret}`).toString('base64')}; false`);
  }
  await host.close();
  expect(log.close()).toBeUndefined();
  const text = await readFile(path, 'utf8');
  expect(text.trim().split('\n').length).toBe(9);
  expect(text).not.toMatch(/canary|Y2FuYXJ5|second/);
  for (const secret of secrets) expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
});
