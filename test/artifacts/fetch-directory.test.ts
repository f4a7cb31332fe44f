import { chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type FetchProgress, fetchArtifacts } from '../../src/artifacts/fetch-artifacts.ts';
import { ArtifactError } from '../../src/errors.ts';
import { fileArtifact, imageArtifact, mirrorPaths, putFile, sha256 } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let mirror: string;
let cacheDirectory: string;

beforeEach(async () => {
  mirror = await temporaryDirectory();
  cacheDirectory = await temporaryDirectory();
});

async function publish(content: string): Promise<void> {
  await putFile(mirror, mirrorPaths.file, content);
  await putFile(mirror, mirrorPaths.fileChecksum, `${sha256(content)}  runc.amd64\n`);
}

const copied: string[] = [];
const onProgress = ({ artifact }: FetchProgress) => copied.push(artifact.id);
beforeEach(() => copied.splice(0));

const fetchHere = (artifacts = [fileArtifact]) => fetchArtifacts(artifacts, { mirror, trust: 'mirror', cacheDirectory, onProgress });

test('a file is copied once and then found', async () => {
  await publish('first');
  const first = await fetchHere();
  expect(await readFile(first.binaries[0]?.path ?? '', 'utf8')).toBe('first');
  copied.splice(0);
  expect(await fetchHere()).toEqual(first);
  expect(copied).toEqual([]);
});

describe('a mirror that changed', () => {
  beforeEach(async () => {
    await publish('first');
    await fetchHere();
    copied.splice(0);
  });

  test('in content is read again', async () => {
    await publish('second');
    expect((await fetchHere()).binaries[0]?.sha256).toBe(sha256('second'));
  });

  test('in time only is looked at again, and the same file serves', async () => {
    await utimes(join(mirror, mirrorPaths.file), 1, 1);
    expect((await fetchHere()).binaries[0]?.sha256).toBe(sha256('first'));
    expect(copied).toEqual([]);
  });

  test('in its checksum only is an error', async () => {
    await putFile(mirror, mirrorPaths.fileChecksum, `${sha256('other')}  runc.amd64\n`);
    await expect(fetchHere()).rejects.toThrow(`wanted ${sha256('other')}`);
  });
});

test('what the index says must be there', async () => {
  await publish('first');
  const { binaries } = await fetchHere();
  await rm(binaries[0]?.path ?? '');
  expect(await fetchHere()).toMatchObject({ binaries });
});

test.each(['', '{', '[]', '{"id":"runc@1.2.3/amd64"}'])('a damaged index entry %j is made anew', async (text) => {
  await publish('first');
  const expected = await fetchHere();
  const directory = join(cacheDirectory, 'index');
  for (const name of await readdir(directory)) await writeFile(join(directory, name), text);
  expect(await fetchHere()).toEqual(expected);
});

test('a file that the mirror lacks is named', async () => {
  await expect(fetchHere()).rejects.toThrow(`runc 1.2.3: the mirror has no ${join(mirror, mirrorPaths.file)}`);
});

test('a file without a checksum is refused', async () => {
  await putFile(mirror, mirrorPaths.file, 'first');
  await expect(fetchHere()).rejects.toThrow(`${join(mirror, mirrorPaths.fileChecksum)}: there is no such file`);
});

test('an image that the mirror lacks is left to the nodes', async () => {
  const { absentImages } = await fetchArtifacts([imageArtifact], { mirror, trust: 'mirror', cacheDirectory });
  expect(absentImages).toMatchObject([{ component: 'pause', reason: `the mirror has no ${join(mirror, mirrorPaths.image)}` }]);
});

test('a cache that cannot be written is named', async () => {
  await publish('first');
  await mkdir(join(cacheDirectory, 'sha256'), { recursive: true });
  await putFile(cacheDirectory, `sha256/${sha256('first').slice(0, 2)}`, 'in the way');
  await chmod(cacheDirectory, 0o755);
  const failure = await fetchHere().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ArtifactError);
  expect((failure as ArtifactError).details.remedy).toContain('XDG_CACHE_HOME');
});

test('two fetches at the same time do not hurt each other', async () => {
  await publish('first');
  const [a, b] = await Promise.all([fetchHere(), fetchHere()]);
  expect(a).toEqual(b);
});
