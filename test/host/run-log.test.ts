import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRedactor } from '../../src/host/redaction.ts';
import { createMemoryRunLog, openRunLog, type RunLogEntry } from '../../src/host/run-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'kcluster-log-'));
afterAll(() => rmSync(directory, { recursive: true }));

const entry: RunLogEntry = {
  time: '2026-01-02T03:04:05.678Z',
  node: 'cp1',
  kind: 'run',
  script: 'true',
  code: 0,
  ms: 1.5,
  stdoutBytes: 0,
  stderrBytes: 0,
};

const readLines = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('entries are JSON lines in a file of mode 0600, in directories made for it', async () => {
  const path = join(directory, 'new/deep/run.log');
  const log = await openRunLog(path, createRedactor());
  log.record(entry);
  log.record({ ...entry, title: 'two\nlines', code: 1, stderr: 'because' });
  expect(readLines(path)).toEqual([entry, { ...entry, title: 'two\nlines', code: 1, stderr: 'because' }]);
  expect([statSync(path).mode & 0o777, statSync(join(directory, 'new/deep')).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(log.close()).toBeUndefined();
});

test('an existing log is continued, and nothing is written after close', async () => {
  const path = join(directory, 'continued.log');
  for (let run = 0; run < 2; run++) {
    const log = await openRunLog(path, createRedactor());
    log.record(entry);
    log.close();
    log.record(entry);
    expect(log.close()).toBeUndefined();
  }
  expect(readLines(path)).toEqual([entry, entry]);
});

test('secrets are hidden in every field, also where the text is cut', async () => {
  const path = join(directory, 'redacted.log');
  const redactor = createRedactor();
  const log = await openRunLog(path, redactor);
  const secret = 'canary "canary" canary';
  redactor.add(secret);
  const long = 'x'.repeat(16 * 1024 - 5) + secret + 'y'.repeat(100);
  log.record({ ...entry, title: secret, script: `echo ${secret}`, stdout: long, stderr: secret, error: `failed: ${secret}` });
  log.close();
  const text = readFileSync(path, 'utf8');
  expect(text).not.toMatch(/cana/);
  expect(readLines(path)[0]).toMatchObject({
    title: '[redacted]',
    script: 'echo [redacted]',
    stderr: '[redacted]',
    error: 'failed: [redacted]',
    stdout: expect.stringMatching(/characters more\)$/),
  });
});

test.each([
  ['a directory', () => directory],
  [
    'below a file',
    () => {
      writeFileSync(join(directory, 'file'), '');
      return join(directory, 'file/run.log');
    },
  ],
  [
    'a symbolic link',
    () => {
      symlinkSync(join(directory, 'elsewhere'), join(directory, 'link'));
      return join(directory, 'link');
    },
  ],
])('a path that is %s is a configuration error', async (_title, makePath) => {
  const path = makePath();
  await expect(openRunLog(path, createRedactor())).rejects.toMatchObject({
    name: 'ConfigurationError',
    exitCode: 2,
    message: expect.stringContaining(path),
  });
});

test('a full disk does not stop the run and is told at the end', async () => {
  const log = await openRunLog('/dev/full', createRedactor());
  log.record(entry);
  log.record(entry);
  expect(log.close()).toMatchObject({ code: 'ENOSPC' });
});

test('the log in memory keeps entries as given, or redacted', () => {
  const redactor = createRedactor();
  redactor.add('canary');
  const [plain, redacted] = [createMemoryRunLog(), createMemoryRunLog(redactor)];
  for (const log of [plain, redacted]) log.record({ ...entry, script: 'echo canary' });
  expect([plain.entries[0]?.script, redacted.entries[0]?.script]).toEqual(['echo canary', 'echo [redacted]']);
});
