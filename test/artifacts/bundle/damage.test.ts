import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { importBundle } from '../../../src/artifacts/bundle/import-bundle.ts';
import { makeArchive } from '../sample.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { listFiles, openMaker } from './sample-bundle.ts';

/** The same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

let bytes: Buffer;
let file: string;
let cacheDirectory: string;
let before: Readonly<Record<string, string>>;

beforeEach(async () => {
  bytes = await (await openMaker()).make();
  file = join(await temporaryDirectory(), 'bundle.tar');
  cacheDirectory = await temporaryDirectory();
  await mkdir(join(cacheDirectory, 'index'));
  await writeFile(join(cacheDirectory, 'index', 'what-was-there.json'), '{}');
  before = await listFiles(cacheDirectory);
});

/** How the import ends; the cache must be as before whenever it fails. */
async function outcome(content: Buffer): Promise<{ readonly exitCode: unknown; readonly message: string; readonly remedy: unknown }> {
  await writeFile(file, content);
  try {
    await importBundle(file, { trust: 'mirror', cacheDirectory });
    return { exitCode: 0, message: '', remedy: undefined };
  } catch (error) {
    expect(await listFiles(cacheDirectory)).toEqual(before);
    const { exitCode, message, details } = error as { exitCode: unknown; message: string; details: { remedy: unknown } };
    return { exitCode, message, remedy: details.remedy };
  }
}

/** 7 for a damaged bundle, 2 for what is not known as one any more. */
async function expectRefusal(content: Buffer, what: string): Promise<void> {
  const { exitCode, message, remedy } = await outcome(content);
  expect([7, 2], what).toContain(exitCode);
  expect(message, what).toContain(file);
  expect(remedy, what).toEqual(expect.any(String));
}

describe('a damaged bundle changes nothing', { timeout: 60_000 }, () => {
  test('cut anywhere', async () => {
    const next = seeded(1);
    const places = Array.from({ length: 100 }, () => Math.floor(next() * bytes.length));
    for (const at of [...places, 0, 1, 511, 512, bytes.length - 512, bytes.length - 1])
      await expectRefusal(bytes.subarray(0, at), `cut at ${at}`);
  });

  test('a flipped bit anywhere', async () => {
    const next = seeded(2);
    for (let round = 0; round < 200; round += 1) {
      const at = Math.floor(next() * bytes.length);
      const bit = 1 << Math.floor(next() * 8);
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ bit;
      await expectRefusal(damaged, `bit ${bit} at ${at}`);
    }
  });

  test('every byte of its first header', async () => {
    for (let at = 0; at < 512; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      await expectRefusal(damaged, `byte ${at}`);
    }
  });

  test('a piece that is missing, doubled or of another place', async () => {
    const next = seeded(3);
    for (let round = 0; round < 60; round += 1) {
      const [from, length] = [Math.floor((next() * bytes.length) / 512) * 512, 512 * (1 + Math.floor(next() * 3))];
      const piece = bytes.subarray(from, from + length);
      const [head, tail] = [bytes.subarray(0, from), bytes.subarray(from + length)];
      await expectRefusal(Buffer.concat([head, tail]), `without ${from}+${length}`);
      await expectRefusal(Buffer.concat([head, piece, piece, tail]), `twice ${from}+${length}`);
    }
  });

  test('and the whole one is taken', async () => {
    expect((await outcome(bytes)).exitCode).toBe(0);
    expect(Object.keys(await listFiles(cacheDirectory)).length).toBeGreaterThan(Object.keys(before).length);
  });
});

describe('the message names the place', () => {
  afterEach(async () => expect(await listFiles(cacheDirectory)).toEqual(before));

  test('where a file ends too early', async () => {
    const at = bytes.indexOf('kubelet@1.99.0/amd64') + 100;
    expect((await outcome(bytes.subarray(0, at))).message).toBe(
      `${file}: it ends at byte ${at}, within kubelet 1.99.0 (amd64); nothing was taken`,
    );
  });

  test('which artifact is another', async () => {
    const damaged = Buffer.from(bytes);
    damaged.write('K', bytes.indexOf('kubelet@1.99.0/amd64'));
    const { exitCode, message, remedy } = await outcome(damaged);
    expect(exitCode).toBe(7);
    expect(message).toMatch(/: kubelet 1\.99\.0 \(amd64\), bytes \d+ to \d+, has sha256 \w+, and its index says \w+; nothing was taken$/);
    expect(remedy).toBe('Copy the bundle again, or make it anew with kcluster artifacts bundle.');
  });

  test('what follows behind the end', async () => {
    expect((await outcome(Buffer.concat([bytes, Buffer.from('x')]))).message).toContain(`from byte ${bytes.length}`);
  });
});

describe('another file is refused as such', () => {
  test.each<[string, () => Buffer, number, RegExp]>([
    ['nothing', () => Buffer.alloc(0), 2, /is no bundle of artifacts/],
    ['zeros', () => Buffer.alloc(10_240), 2, /is no bundle of artifacts/],
    ['text', () => Buffer.from('apiVersion: v1\n'.repeat(100)), 2, /is no bundle of artifacts/],
    ['a bundle in gzip', () => gzipSync(bytes), 2, /is compressed with gzip/],
    ['a bundle in zstd', () => zstdCompressSync(bytes), 2, /is compressed with zstd/],
    ['an archive of something else', () => makeTar('readme', 'x'), 2, /is no bundle of artifacts/],
    ['an index of something else', () => makeTar('index.json', '{"kind":"Plan"}'), 7, /first block is not as it was written/],
  ])('%s', async (_, content, exitCode, message) => {
    const found = await outcome(content());
    expect(found).toMatchObject({ exitCode, message: expect.stringMatching(message) });
  });

  test('one that is not there, or a directory', async () => {
    const attempt = (path: string) => importBundle(path, { trust: 'pinned', cacheDirectory });
    await expect(attempt('/nowhere/x.tar')).rejects.toMatchObject({ exitCode: 2, message: 'there is no /nowhere/x.tar' });
    await expect(attempt(cacheDirectory)).rejects.toMatchObject({ exitCode: 2, message: `${cacheDirectory} is a directory` });
  });
});

function makeTar(path: string, content: string): Buffer {
  return gunzipSync(makeArchive([{ path, content }]));
}
