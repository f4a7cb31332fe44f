import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Download } from '../../src/host/host.ts';
import { Harness } from './harness.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** More than the channel window and what may be pending. */
const content = randomBytes(9 * 1024 * 1024 + 17);

async function prepare(harness: Harness, bytes: Buffer = content): Promise<Download> {
  const path = join(harness.directory, "on host/a b'c");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return { path, target: join(harness.directory, 'local/new/copy'), sizeBytes: bytes.length, sha256: sha256(bytes) };
}

const leftIn = (file: Download) => (existsSync(dirname(file.target)) ? readdirSync(dirname(file.target)) : []);
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('a download', () => {
  test('arrives whole, for its owner alone, and leaves nothing beside it', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness);
    const progress: number[] = [];
    const told = await host.download(file, (bytes) => progress.push(bytes));
    expect(told).toEqual({ sizeBytes: content.length, sha256: sha256(content) });
    expect(sha256(await readFile(file.target))).toBe(file.sha256);
    expect([modeOf(file.target), modeOf(dirname(file.target)), leftIn(file)]).toEqual(['600', '700', ['copy']]);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(content.length);
    expect(host.roundTrips).toBe(1);
  });

  test('may be empty, and of unknown size and digest', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const { path, target } = await prepare(harness, Buffer.alloc(0));
    expect(await host.download({ path, target })).toEqual({ sizeBytes: 0, sha256: sha256(Buffer.alloc(0)) });
    expect(statSync(target).size).toBe(0);
  });

  test('replaces a symbolic link rather than what it points to', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness, Buffer.from('new'));
    await mkdir(dirname(file.target), { recursive: true });
    const precious = join(harness.directory, 'precious');
    await writeFile(precious, 'old');
    await symlink(precious, file.target);
    await host.download(file);
    expect([await readFile(precious, 'utf8'), await readFile(file.target, 'utf8')]).toEqual(['old', 'new']);
  });

  test('runs beside commands and others of its kind', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const file = await prepare(harness);
    const targets = ['a', 'b', 'c'].map((name) => join(harness.directory, name));
    const [ran] = await Promise.all([host.run('echo 1'), ...targets.map((target) => host.download({ ...file, target }))]);
    expect(ran.stdout).toBe('1\n');
    expect(targets.map((target) => statSync(target).size)).toEqual(targets.map(() => content.length));
    expect(server.mostSessions()).toBeLessThanOrEqual(4);
  });

  test('is written into the log without its bytes', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness, Buffer.from('secret'));
    await host.download(file);
    expect(harness.log.entries.at(-1)).toMatchObject({ kind: 'download', script: `download ${file.path} to ${file.target}`, code: 0 });
    expect(JSON.stringify(harness.log.entries)).not.toContain('secret');
  });
});

describe('a download that goes wrong leaves the old file and nothing else:', () => {
  async function prepareOld(harness: Harness, wanted: Partial<Download> = {}): Promise<Download> {
    const file = { ...(await prepare(harness)), ...wanted };
    await mkdir(dirname(file.target), { recursive: true });
    await writeFile(file.target, 'old');
    return file;
  }

  test.each<[string, Partial<Download>, object]>([
    ['another digest', { sha256: 'f00' }, { name: 'ArtifactError', exitCode: 7, message: /arrived with sha256 \w+ instead of f00/ }],
    ['too little', { sizeBytes: content.length + 1 }, { name: 'ArtifactError', message: /arrived with 9437201 bytes instead of 9437202/ }],
    ['too much', { sizeBytes: 1000 }, { name: 'ArtifactError', message: /larger than 1000 bytes/ }],
    [
      'not there',
      { path: '/nonexistent/x' },
      { name: 'StoppedError', exitCode: 5, message: /cannot read \/nonexistent\/x: .*No such file/ },
    ],
  ])('%s', async (_, wanted, error) => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepareOld(harness, wanted);
    await expect(host.download(file)).rejects.toMatchObject(error);
    expect([leftIn(file), await readFile(file.target, 'utf8')]).toEqual([['copy'], 'old']);
    expect((await host.run('echo next')).stdout).toBe('next\n');
  });

  test('the connection is lost on the way', async () => {
    await using harness = await Harness.create();
    const { host, server } = await harness.host();
    const file = await prepareOld(harness);
    await expect(host.download(file, () => server.cut())).rejects.toMatchObject({ name: 'ConnectionLostError' });
    expect([leftIn(file), await readFile(file.target, 'utf8')]).toEqual([['copy'], 'old']);
  });

  test('the signal aborts it', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepareOld(harness);
    const stop = new AbortController();
    await expect(host.download(file, () => stop.abort(), stop.signal)).rejects.toMatchObject({ name: 'InterruptedError' });
    expect([leftIn(file), await readFile(file.target, 'utf8')]).toEqual([['copy'], 'old']);
  });

  test('the local disk is full, or not to be written', async () => {
    await using harness = await Harness.create();
    const { host } = await harness.host();
    const file = await prepare(harness);
    await writeFile(join(harness.directory, 'file'), '');
    const target = join(harness.directory, 'file/copy');
    await expect(host.download({ ...file, target })).rejects.toMatchObject({ name: 'ConfigurationError', message: /ENOTDIR|EEXIST/ });
    expect(host.roundTrips).toBe(0);
  });
});
