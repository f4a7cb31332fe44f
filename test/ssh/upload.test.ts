import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Upload } from '../../src/host/host.ts';
import { Harness } from './harness.ts';
import { waitFor } from './wait-for.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** More than the channel window, so that backpressure is real. */
const content = randomBytes(5 * 1024 * 1024 + 17);

/** A local file and the upload of it to a place whose parents are not there yet. */
async function prepare(harness: Harness, bytes: Buffer = content, wanted: Partial<Upload> = {}): Promise<Upload> {
  const source = join(harness.directory, 'artifact');
  await writeFile(source, bytes);
  return {
    source,
    path: join(harness.directory, "new/a b'c/kubelet"),
    sha256: sha256(bytes),
    sizeBytes: bytes.length,
    mode: 0o755,
    ...wanted,
  };
}

/** Names in the target's directory, hidden ones included. */
const leftIn = (file: Upload) => (existsSync(dirname(file.path)) ? readdirSync(dirname(file.path)) : []);
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('an upload', () => {
  test('arrives whole, with its mode, in parents of 0755, and leaves nothing beside it', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness);
    const progress: number[] = [];
    await host.upload(file, (sentBytes) => progress.push(sentBytes));
    expect(sha256(await readFile(file.path))).toBe(file.sha256);
    expect([modeOf(file.path), modeOf(dirname(file.path)), modeOf(dirname(dirname(file.path)))]).toEqual(['755', '755', '755']);
    expect(leftIn(file)).toEqual(['kubelet']);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(file.sizeBytes);
    expect(host.roundTrips).toBe(1);
  });

  test.each([0o600, 0o400, 0o4755])('gets mode %o', async (mode) => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness, Buffer.from('secret'), { mode });
    await host.upload(file);
    expect(modeOf(file.path)).toBe(mode.toString(8));
  });

  test('may be empty, and may be one of many at once', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const empty = await prepare(harness, Buffer.alloc(0));
    const files = Array.from({ length: 12 }, (_, index) => ({ ...empty, path: join(harness.directory, `out/${index}`) }));
    await Promise.all(files.map((file) => host.upload(file)));
    expect(files.map((file) => statSync(file.path).size)).toEqual(Array(12).fill(0));
    expect(server.mostSessions()).toBeLessThanOrEqual(2);
  });

  test('replaces a file, and a symbolic link rather than what it points to', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness, Buffer.from('new'));
    await mkdir(dirname(file.path), { recursive: true });
    const precious = join(harness.directory, 'precious');
    await writeFile(precious, 'old');
    await symlink(precious, file.path);
    await host.upload(file);
    expect([await readFile(precious, 'utf8'), await readFile(file.path, 'utf8')]).toEqual(['old', 'new']);
  });

  test('runs beside commands without making them wait', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness);
    const [, ...results] = await Promise.all([host.upload(file), ...Array.from({ length: 8 }, (_, index) => host.run(`echo ${index}`))]);
    expect(results.map((result) => result.stdout)).toEqual(Array.from({ length: 8 }, (_, index) => `${index}\n`));
  });

  test('works where the host allows one session', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host({ maxSessions: 1 });
    const file = await prepare(harness);
    await Promise.all([host.upload(file), host.run(':'), host.run(':')]);
    expect(sha256(await readFile(file.path))).toBe(file.sha256);
  });
});

/** Far more than fits into windows and pipes, so that the host is seen receiving while there is still something to send. */
const longContent = Buffer.alloc(48 * 1024 * 1024, 'kcluster');

describe('an upload that goes wrong leaves the old file and nothing else:', () => {
  /** The target exists with old content. */
  async function prepareOld(harness: Harness, bytes = content): Promise<Upload> {
    const file = await prepare(harness, bytes);
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, 'old');
    return file;
  }

  test('flipped bytes', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepareOld(harness);
    const flipped = Buffer.from(content);
    flipped[4_000_000] = (flipped[4_000_000] ?? 0) ^ 1;
    await writeFile(file.source, flipped);
    await expect(host.upload(file)).rejects.toMatchObject({
      name: 'ArtifactError',
      exitCode: 7,
      message: `cp1: ${file.path} arrived with sha256 ${sha256(flipped)} instead of ${file.sha256}; it was removed`,
      details: { node: 'cp1', remedy: expect.stringContaining(file.source) },
    });
    expect([leftIn(file), await readFile(file.path, 'utf8')]).toEqual([['kubelet'], 'old']);
    expect(await host.run('echo next')).toMatchObject({ stdout: 'next\n' });
  });

  test('the connection is lost on the way', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const file = await prepareOld(harness, longContent);
    const sending = host.upload(file, () => {
      if (leftIn(file).length === 2) server.cut();
    });
    await expect(sending).rejects.toMatchObject({ name: 'ConnectionLostError' });
    await waitFor(() => leftIn(file).length === 1);
    expect([leftIn(file), await readFile(file.path, 'utf8')]).toEqual([['kubelet'], 'old']);
  });

  test('the signal aborts it', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepareOld(harness, longContent);
    const stop = new AbortController();
    const onProgress = () => {
      if (leftIn(file).length === 2) stop.abort();
    };
    await expect(host.upload(file, onProgress, stop.signal)).rejects.toMatchObject({ name: 'InterruptedError' });
    await waitFor(() => leftIn(file).length === 1);
    expect([leftIn(file), await readFile(file.path, 'utf8')]).toEqual([['kubelet'], 'old']);
  });

  test('a directory stands in its place', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness);
    await mkdir(file.path, { recursive: true });
    await expect(host.upload(file)).rejects.toMatchObject({
      name: 'StoppedError',
      exitCode: 5,
      message: expect.stringContaining(basename(file.path)),
    });
    expect(leftIn(file)).toEqual(['kubelet']);
  });

  test('a parent is a file', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness);
    await writeFile(join(harness.directory, 'new'), '');
    await expect(host.upload(file)).rejects.toMatchObject({ name: 'StoppedError', details: { output: expect.stringContaining('mkdir') } });
  });

  test('the disk is full', async () => {
    await using harness = await Harness.create();
    // A tee that fails as on a full disk: it stores less, complains, and passes everything on.
    const bin = join(harness.directory, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'tee'), '#!/bin/sh\ncat; echo "tee: write error: No space left on device" >&2; exit 1\n', { mode: 0o755 });
    const { host } = await harness.host({ rewriteInput: (text) => text.replace('PATH=/usr/local/sbin', `PATH=${bin}:/usr/local/sbin`) });
    const file = await prepareOld(harness);
    await expect(host.upload(file)).rejects.toMatchObject({ name: 'StoppedError', message: /No space left/ });
    expect([leftIn(file), await readFile(file.path, 'utf8')]).toEqual([['kubelet'], 'old']);
  });
});

test.each([
  ['is missing', { source: '/nonexistent/artifact' }, /cannot read \/nonexistent\/artifact/],
  ['has another size', { sizeBytes: 5 }, /bytes instead of 5/],
])('a local file that %s is an artifact error before anything is sent', async (_title, wanted, message) => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  const file = await prepare(harness, content, wanted);
  await expect(host.upload(file)).rejects.toMatchObject({ name: 'ArtifactError', message });
  expect(host.roundTrips).toBe(0);
});

test('a local file that is cut while it is sent is an unknown outcome without leftovers', async () => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  const file = await prepare(harness, randomBytes(40 * 1024 * 1024));
  const { truncate } = await import('node:fs/promises');
  const sending = host.upload(file, (sentBytes) => {
    if (sentBytes === 256 * 1024) truncate(file.source, 0);
  });
  await expect(sending).rejects.toMatchObject({ name: 'ConnectionLostError', message: /less input than announced/ });
  await waitFor(() => leftIn(file).length === 0);
});
