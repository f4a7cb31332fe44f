import { readdir, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BlobStore } from '../../src/artifacts/blob-store.ts';
import { defaultCacheDirectory } from '../../src/artifacts/cache-directory.ts';
import { CacheIndex } from '../../src/artifacts/cache-index.ts';
import { isTransientError, isTransientStatus } from '../../src/artifacts/is-transient.ts';
import { PartialFile } from '../../src/artifacts/partial-file.ts';
import { sweepPartials } from '../../src/artifacts/sweep-partials.ts';
import { putFile, sha256 } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Larger than any process id that Linux gives. */
const deadPid = 2 ** 22 + 1;

test.each([
  [{ XDG_CACHE_HOME: '/cache' }, /^\/cache\/kcluster\/artifacts$/],
  [{ XDG_CACHE_HOME: '' }, /\/\.cache\/kcluster\/artifacts$/],
  [{ XDG_CACHE_HOME: 'relative' }, /\/\.cache\/kcluster\/artifacts$/],
  [{}, /\/\.cache\/kcluster\/artifacts$/],
])('the cache directory with %j', (env, expected) => {
  expect(defaultCacheDirectory(env)).toMatch(expected);
});

describe('the store', () => {
  test('throws out what does not match its name', async () => {
    const store = new BlobStore(await temporaryDirectory());
    const name = sha256('good');
    await putFile(store.directory, `sha256/${name.slice(0, 2)}/${name}`, 'evil');
    expect(await store.has({ sha256: name, sizeBytes: 4 })).toBe(true);
    expect(await store.verify(name)).toBeUndefined();
    expect(await store.has({ sha256: name, sizeBytes: 4 })).toBe(false);
  });

  test('gives back what it adopted', async () => {
    const store = new BlobStore(await temporaryDirectory());
    const blob = { sha256: sha256('good'), sizeBytes: 4 };
    const path = await store.temporaryPath();
    await putFile('/', path, 'good');
    await store.adopt(path, blob);
    expect(await store.verify(blob.sha256)).toEqual(blob);
  });
});

describe('the index', () => {
  const entry = { id: 'a', source: 's', sha256: 'x', sizeBytes: 1, binaries: [], files: [] };

  test('keeps sources apart', async () => {
    const index = new CacheIndex(await temporaryDirectory());
    await index.write(entry);
    expect(await index.read('a', 's')).toEqual(entry);
    expect(await index.read('a', 'other')).toBeUndefined();
    expect(await index.read('b', 's')).toBeUndefined();
  });
});

describe('a partial file', () => {
  test('of a dead process is taken over', async () => {
    const cache = await temporaryDirectory();
    const own = await PartialFile.open(cache, 'name');
    await putFile('/', own.path.replace(`.${process.pid}.`, `.${deadPid}.`), 'half');
    const taken = await PartialFile.open(cache, 'name');
    expect(await taken.size()).toBe(4);
    expect(await readdir(join(cache, 'partial'))).toEqual([basename(taken.path)]);
  });

  test('of a living process is left alone', async () => {
    const cache = await temporaryDirectory();
    const own = await PartialFile.open(cache, 'name');
    await putFile('/', own.path.replace(`.${process.pid}.`, '.1.'), 'half');
    expect(await (await PartialFile.open(cache, 'name')).size()).toBe(0);
  });

  test('of another download in this process is left alone, until it is released', async () => {
    const cache = await temporaryDirectory();
    const first = await PartialFile.open(cache, 'name');
    await putFile('/', first.path, 'half');
    expect(await (await PartialFile.open(cache, 'name')).size()).toBe(0);
    await first.release();
    expect(await (await PartialFile.open(cache, 'name')).size()).toBe(4);
  });

  test('of another name is left alone', async () => {
    const cache = await temporaryDirectory();
    const other = await PartialFile.open(cache, 'other');
    await putFile('/', other.path.replace(`.${process.pid}.`, `.${deadPid}.`), 'half');
    expect(await (await PartialFile.open(cache, 'name')).size()).toBe(0);
  });
});

test('sweeping removes temporary files of dead processes and old parts, nothing else', async () => {
  const cache = await temporaryDirectory();
  const [own, dead] = [process.pid, deadPid];
  const kept = [`mine.${own}.4`, `new.${dead}.3`, 'released.free.5', `temporary.${own}.2`];
  for (const file of [...kept, `temporary.${dead}.1`, `old.${dead}.6`, 'stale.free.7']) await putFile(cache, `partial/${file}`, 'x');
  for (const file of [`old.${dead}.6`, 'stale.free.7', `mine.${own}.4`]) await utimes(join(cache, 'partial', file), 1, 1);
  await sweepPartials(cache);
  expect((await readdir(join(cache, 'partial'))).toSorted()).toEqual(kept);
});

test('sweeping removes what a killed import left in a folder of its own', async () => {
  const cache = await temporaryDirectory();
  for (const owner of [deadPid, process.pid]) await putFile(cache, `partial/temporary.${owner}.1/sha256/ab/abc`, 'x');
  await sweepPartials(cache);
  expect(await readdir(join(cache, 'partial'))).toEqual([`temporary.${process.pid}.1`]);
});

test('sweeping a cache that is not there is nothing', async () => {
  await expect(sweepPartials(join(await temporaryDirectory(), 'nowhere'))).resolves.toBeUndefined();
});

describe('transient', () => {
  const coded = (code: string) => Object.assign(new Error(code), { code });
  test.each([
    [new TypeError('fetch failed', { cause: coded('ECONNRESET') }), true],
    [new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }), true],
    [new TypeError('fetch failed', { cause: new AggregateError([coded('ECONNREFUSED')]) }), true],
    [coded('EAI_AGAIN'), true],
    [new TypeError('fetch failed', { cause: coded('ENOTFOUND') }), false],
    [new TypeError('fetch failed', { cause: coded('CERT_HAS_EXPIRED') }), false],
    [coded('ENOSPC'), false],
    ['text', false],
  ])('%s: %s', (error, answer) => {
    expect(isTransientError(error)).toBe(answer);
  });

  test.each([
    [503, true],
    [429, true],
    [404, false],
    [501, false],
  ])('status %i: %s', (status, answer) => {
    expect(isTransientStatus(status)).toBe(answer);
  });
});
