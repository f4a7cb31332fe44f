import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { BlobStore } from '../../src/artifacts/blob-store.ts';
import { unpackArchive } from '../../src/artifacts/unpack-archive.ts';
import { ArtifactError } from '../../src/errors.ts';
import { makeArchive, putFile, sha256, type TarMember } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let store: BlobStore;
beforeEach(async () => {
  store = new BlobStore(await temporaryDirectory());
});

const wanted = [{ name: 'tool', member: 'bin/tool' }];
const tool: TarMember = { path: 'bin/tool', content: 'program' };
const limits = { memberBytes: 1_000_000, totalBytes: 2_000_000 };

async function unpack(archive: Buffer, members = wanted) {
  const path = await putFile(await temporaryDirectory(), 'archive.tar.gz', archive);
  return unpackArchive(path, members, store, 'tool 1.2.3', limits);
}

const leftovers = () => readdir(join(store.directory, 'partial'));

test('takes out what is wanted and nothing else', async () => {
  const archive = makeArchive([{ path: 'LICENSE', content: 'text' }, tool, { path: 'bin/other', content: 'x' }]);
  expect(await unpack(archive)).toEqual([{ name: 'tool', sha256: sha256('program'), sizeBytes: 7 }]);
  expect(await readFile(store.pathOf(sha256('program')), 'utf8')).toBe('program');
  expect(await store.has({ sha256: sha256('text'), sizeBytes: 4 })).toBe(false);
  expect(await leftovers()).toEqual([]);
});

test('names that begin with ./ are the same names', async () => {
  expect(await unpack(makeArchive([{ ...tool, path: './bin/tool' }]))).toHaveLength(1);
});

test('large members arrive whole, side by side', async () => {
  const big = Buffer.alloc(900_000, 'abcdefg');
  const members = [...wanted, { name: 'big', member: 'bin/big' }];
  const archive = makeArchive([{ path: 'bin/big', content: big }, tool]);
  expect(await unpack(archive, members)).toEqual([
    { name: 'tool', sha256: sha256('program'), sizeBytes: 7 },
    { name: 'big', sha256: sha256(big), sizeBytes: big.length },
  ]);
  expect((await readFile(store.pathOf(sha256(big)))).equals(big)).toBe(true);
});

test('a link inside of the archive is left alone', async () => {
  expect(await unpack(makeArchive([tool, { path: 'bin/alias', type: 'SymbolicLink', linkpath: 'tool' }]))).toHaveLength(1);
});

describe('refuses', () => {
  test.each<[string, TarMember[], RegExp]>([
    ['a path upwards', [tool, { path: '../etc/passwd', content: 'x' }], /\.\.\/etc\/passwd lies outside/],
    ['a path upwards in the middle', [tool, { path: 'bin/../../x', content: 'x' }], /lies outside/],
    ['an absolute path', [tool, { path: '/etc/passwd', content: 'x' }], /lies outside/],
    ['a link upwards', [{ path: 'bin/link', type: 'SymbolicLink', linkpath: '../../etc/passwd' }, tool], /links to/],
    ['an absolute link', [{ path: 'link', type: 'SymbolicLink', linkpath: '/etc/passwd' }, tool], /links to/],
    ['a hard link upwards', [{ path: 'link', type: 'Link', linkpath: '../x' }, tool], /links to/],
    ['a device', [{ path: 'null', type: 'CharacterDevice' }, tool], /CharacterDevice/],
    ['a huge member', [{ path: 'x', content: Buffer.alloc(1_000_001) }, tool], /larger than/],
    ['too much in all', [1, 2, 3].map((n) => ({ path: `${n}`, content: Buffer.alloc(900_000) })), /more than/],
    ['a missing member', [{ path: 'other', content: 'x' }], /the archive has no bin\/tool/],
    ['a link in place of the member', [{ path: 'bin/tool', type: 'SymbolicLink', linkpath: 'other' }], /the archive has no bin\/tool/],
  ])('%s', async (_, members, message) => {
    const failure = unpack(makeArchive(members));
    await expect(failure).rejects.toBeInstanceOf(ArtifactError);
    await expect(failure).rejects.toThrow(message);
    expect(await leftovers()).toEqual([]);
  });

  test.each([
    [
      'a cut archive',
      makeArchive([{ path: 'bin/tool', content: Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 251)) }]).subarray(
        0,
        300,
      ),
    ],
    ['text', Buffer.from('not an archive')],
    ['a web page', Buffer.from('<html>'.repeat(200))],
    ['nothing', Buffer.alloc(0)],
  ])('%s', async (_, archive) => {
    await expect(unpack(archive)).rejects.toBeInstanceOf(ArtifactError);
    expect(await leftovers()).toEqual([]);
    expect(await store.has({ sha256: sha256('program'), sizeBytes: 7 })).toBe(false);
  });
});
