import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Artifact } from '../../src/artifacts/artifact.ts';
import { type FetchOptions, fetchArtifacts, findCachedArtifacts } from '../../src/artifacts/fetch-artifacts.ts';
import { PartialFile } from '../../src/artifacts/partial-file.ts';
import { ArtifactError, exitCodes, InterruptedError } from '../../src/errors.ts';
import { type Handler, MirrorServer, sendPart, sendRange } from './mirror-server.ts';
import { archiveArtifact, fileArtifact, imageArtifact, makeArchive, mirrorPaths, sha256 } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const content = Buffer.alloc(300_000, 'runc');
let server: MirrorServer;
let cacheDirectory: string;

beforeEach(async () => {
  server = await MirrorServer.start();
  cacheDirectory = await temporaryDirectory();
  server.serve(mirrorPaths.fileChecksum, `${sha256(content)}  runc.amd64\n`);
});
afterEach(() => server.stop());

function fetchFrom(artifacts: readonly Artifact[] = [fileArtifact], options: Partial<FetchOptions> = {}) {
  return fetchArtifacts(artifacts, { mirror: server.url, trust: 'mirror', cacheDirectory, backOffMs: [0, 0], ...options });
}

async function failureOf(promise: Promise<unknown>): Promise<ArtifactError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ArtifactError);
  return error as ArtifactError;
}

async function blobs(): Promise<readonly string[]> {
  const files = await readdir(cacheDirectory, { recursive: true, withFileTypes: true });
  return files.filter((file) => file.isFile() && file.parentPath.includes('/sha256/')).map((file) => file.name);
}

describe('a download', () => {
  test('is verified and named by its digest', async () => {
    server.serve(mirrorPaths.file, content);
    const { binaries } = await fetchFrom();
    expect(binaries).toEqual([
      {
        component: 'runc',
        name: 'runc',
        version: '1.2.3',
        arch: 'amd64',
        path: join(cacheDirectory, 'sha256', sha256(content).slice(0, 2), sha256(content)),
        sha256: sha256(content),
        sizeBytes: content.length,
      },
    ]);
    expect((await readFile(binaries[0]?.path ?? '')).equals(content)).toBe(true);
  });

  test('follows a redirect', async () => {
    server.handle(mirrorPaths.file, (_, response) => response.writeHead(302, { location: '/cdn/runc' }).end());
    server.serve('cdn/runc', content);
    expect((await fetchFrom()).binaries).toHaveLength(1);
  });

  test('tells its progress up to the whole', async () => {
    server.serve(mirrorPaths.file, content);
    const seen: number[] = [];
    await fetchFrom([fileArtifact], {
      onProgress: ({ receivedBytes, totalBytes }) => {
        expect(totalBytes).toBe(content.length);
        seen.push(receivedBytes);
      },
    });
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(content.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('that is wanted by two nodes happens once', async () => {
    server.serve(mirrorPaths.file, content);
    const { binaries } = await fetchFrom([fileArtifact, { ...fileArtifact }]);
    expect(binaries).toHaveLength(1);
    expect(server.count(mirrorPaths.file)).toBe(1);
  });
});

describe('a second call', () => {
  test('asks nobody', async () => {
    server.serve(mirrorPaths.file, content);
    const first = await fetchFrom();
    await server.stop();
    expect(await fetchFrom()).toEqual(first);
    expect(server.requests).toHaveLength(2);
  });

  test('from another source does not believe the first', async () => {
    server.serve(mirrorPaths.file, content);
    await fetchFrom();
    const other = await MirrorServer.start();
    const failure = await failureOf(fetchFrom([fileArtifact], { mirror: other.url }));
    expect(failure.message).toContain('404');
    await other.stop();
  });

  test('fetches again what somebody truncated', async () => {
    server.serve(mirrorPaths.file, content);
    const path = (await fetchFrom()).binaries[0]?.path ?? '';
    await truncate(path, 10);
    await fetchFrom();
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('is foreseen by a look at the cache', async () => {
    server.serve(mirrorPaths.file, content);
    const options = { mirror: server.url, trust: 'mirror', cacheDirectory } as const;
    expect((await findCachedArtifacts([fileArtifact], options)).size).toBe(0);
    const index = await fetchFrom();
    expect((await findCachedArtifacts([fileArtifact], options)).get(fileArtifact.id)).toEqual(index);
  });
});

/** The first answer stops after 100,000 bytes, and is cut when the client has them; then `next` answers. */
function serveCut(bytes: Buffer, next: Handler): Partial<FetchOptions> {
  let cut = (): void => undefined;
  server.handle(mirrorPaths.file, (request, response, number) => {
    if (number === 1) cut = sendPart(response, bytes, 100_000).cut;
    else next(request, response, number);
  });
  return { onProgress: ({ receivedBytes }) => receivedBytes === 100_000 && cut() };
}

const rangesAsked = () => server.requests.filter(({ path }) => path === `/${mirrorPaths.file}`).map(({ range }) => range);

describe('goes on after', () => {
  test('a connection that is cut, from where it was', async () => {
    await fetchFrom(
      [fileArtifact],
      serveCut(content, (request, response) => sendRange(request, response, content)),
    );
    expect(rangesAsked()).toEqual([undefined, 'bytes=100000-']);
  });

  test('a run that ended too early, in the next run', async () => {
    const options = serveCut(content, (_, response) => response.writeHead(403).end());
    await failureOf(fetchFrom([fileArtifact], options));
    server.serve(mirrorPaths.file, content);
    await fetchFrom();
    expect(rangesAsked().at(-1)).toBe('bytes=100000-');
  });

  test('a server that does not know ranges, from the beginning', async () => {
    await fetchFrom(
      [fileArtifact],
      serveCut(content, (_, response) => response.end(content)),
    );
    expect(await blobs()).toEqual([sha256(content)]);
  });

  test('a server that answers with another range', async () => {
    const options = serveCut(content, (request, response) => {
      if (request.headers.range === undefined) response.end(content);
      else response.writeHead(206, { 'content-range': `bytes 5-9/${content.length}` }).end(content.subarray(5, 10));
    });
    await fetchFrom([fileArtifact], options);
    expect(rangesAsked()).toEqual([undefined, 'bytes=100000-', undefined]);
  });

  test('a server whose file has become shorter', async () => {
    const short = Buffer.alloc(50_000, 'short');
    server.serve(mirrorPaths.fileChecksum, `${sha256(short)}  runc.amd64\n`);
    await fetchFrom(
      [fileArtifact],
      serveCut(content, (request, response) => sendRange(request, response, short)),
    );
    expect(await blobs()).toEqual([sha256(short)]);
  });

  test('the last byte, when all had arrived', async () => {
    const partial = await PartialFile.open(cacheDirectory, `${server.url}/${mirrorPaths.file}\n${sha256(content)}`);
    await writeFile(partial.path, content);
    await partial.release();
    server.serve(mirrorPaths.file, content);
    await fetchFrom();
    expect(rangesAsked()).toEqual([`bytes=${content.length}-`]);
  });

  test('a part that was damaged meanwhile', async () => {
    const options = serveCut(Buffer.alloc(content.length, 'junk'), (_, response) => response.writeHead(403).end());
    await failureOf(fetchFrom([fileArtifact], options));
    server.serve(mirrorPaths.file, content);
    await fetchFrom();
    expect(rangesAsked().slice(-2)).toEqual(['bytes=100000-', undefined]);
    expect(await blobs()).toEqual([sha256(content)]);
  });

  test.each([500, 502, 503, 429, 408])('an answer %i', async (status) => {
    server.handle(mirrorPaths.file, (request, response, number) => {
      if (number < 3) response.writeHead(status).end();
      else sendRange(request, response, content);
    });
    expect((await fetchFrom()).binaries).toHaveLength(1);
    expect(server.count(mirrorPaths.file)).toBe(3);
  });

  test('a server that falls silent', async () => {
    server.handle(mirrorPaths.file, (request, response, number) => {
      if (number > 1) sendRange(request, response, content);
    });
    expect((await fetchFrom([fileArtifact], { stallMs: 50 })).binaries).toHaveLength(1);
  });
});

describe('gives up at', () => {
  test.each([400, 401, 403, 404, 410])('an answer %i, at once', async (status) => {
    server.handle(mirrorPaths.file, (_, response) => response.writeHead(status).end());
    const failure = await failureOf(fetchFrom());
    expect(failure.exitCode).toBe(exitCodes.artifact);
    expect(failure.message).toContain(`${server.url}/${mirrorPaths.file}: the server answered ${status}`);
    expect(server.count(mirrorPaths.file)).toBe(1);
  });

  test('a server that stays ill', async () => {
    server.handle(mirrorPaths.file, (_, response) => response.writeHead(503).end());
    const failure = await failureOf(fetchFrom());
    expect(failure.message).toContain('503 (tried 3 times)');
  });

  test('nobody listening', async () => {
    await server.stop();
    const failure = await failureOf(fetchFrom());
    expect(failure.message).toContain('ECONNREFUSED');
    expect(failure.details.remedy).toContain('artifacts.mirror');
  });

  test('a web page in place of the file', async () => {
    server.handle(mirrorPaths.file, (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>log in</html>'),
    );
    expect((await failureOf(fetchFrom())).message).toContain('a web page came instead');
  });

  test.each([
    ['a web page in plain clothes', '<html>log in</html>'],
    ['another file`s digest', `${'a'.repeat(64)}  other\n`],
    ['nothing', ''],
  ])('%s in place of the checksum', async (_, text) => {
    server.serve(mirrorPaths.fileChecksum, text);
    expect((await failureOf(fetchFrom())).message).toContain('holds no SHA-256 of runc.amd64');
    expect(server.count(mirrorPaths.file)).toBe(0);
  });

  test('a checksum file without end', async () => {
    server.serve(mirrorPaths.fileChecksum, 'x'.repeat(2 ** 20 + 1));
    expect((await failureOf(fetchFrom())).message).toContain('too large for a checksum file');
  });

  test('a flipped bit, and keeps nothing of it', async () => {
    const flipped = Buffer.from(content);
    flipped[1000] = (flipped[1000] ?? 0) ^ 1;
    server.serve(mirrorPaths.file, flipped);
    const failure = await failureOf(fetchFrom());
    expect(failure.message).toContain(`${server.url}/${mirrorPaths.file}`);
    expect(failure.message).toContain(`wanted ${sha256(content)} (${server.url}/${mirrorPaths.fileChecksum})`);
    expect(failure.message).toContain(`found ${sha256(flipped)}`);
    expect(await blobs()).toEqual([]);
    expect(await readdir(join(cacheDirectory, 'partial'))).toEqual([]);
  });

  test('a file that is shorter than it should be', async () => {
    server.handle(mirrorPaths.file, (_, response) => response.end(content.subarray(0, 1000)));
    expect((await failureOf(fetchFrom())).message).toContain('wrong checksum');
  });

  test('several artifacts, and names them all', async () => {
    server.serve(mirrorPaths.archiveChecksum, `${'a'.repeat(64)}  etcd.tar.gz\n`);
    const failure = await failureOf(fetchFrom([fileArtifact, archiveArtifact]));
    expect(failure.details.failures).toHaveLength(2);
    expect(failure.message).toContain(mirrorPaths.file);
    expect(failure.message).toContain(mirrorPaths.archive);
  });
});

test('an interrupted fetch says so and keeps what arrived', async () => {
  const controller = new AbortController();
  server.handle(mirrorPaths.file, (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 100_000));
  });
  const options = {
    signal: controller.signal,
    onProgress: ({ receivedBytes }: { receivedBytes: number }) => receivedBytes > 0 && controller.abort(),
  };
  await expect(fetchFrom([fileArtifact], options)).rejects.toBeInstanceOf(InterruptedError);
  expect(await readdir(join(cacheDirectory, 'partial'))).toHaveLength(1);
});

describe('an archive', () => {
  const archive = makeArchive([
    { path: 'etcd-v1.2.3/', type: 'Directory' },
    { path: 'etcd-v1.2.3/etcd', content: 'the server' },
    { path: 'etcd-v1.2.3/README.md', content: 'hello' },
    { path: 'etcd-v1.2.3/etcdctl', content: 'the client' },
  ]);

  test('gives its wanted members', async () => {
    server.serve(mirrorPaths.archive, archive);
    server.serve(mirrorPaths.archiveChecksum, `${sha256(archive)}  etcd.tar.gz\n`);
    const { binaries } = await fetchFrom([archiveArtifact]);
    expect(binaries.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
      ['etcd', 10],
      ['etcdctl', 10],
    ]);
    expect(await readFile(binaries[1]?.path ?? '', 'utf8')).toBe('the client');
    expect((await blobs()).toSorted()).toEqual([sha256(archive), sha256('the server'), sha256('the client')].toSorted());
  });
});

describe('an image', () => {
  test('comes from a trusted mirror', async () => {
    server.serve(mirrorPaths.image, 'layers');
    server.serve(mirrorPaths.imageChecksum, sha256('layers'));
    const { images, absentImages } = await fetchFrom([imageArtifact]);
    expect(images).toMatchObject([{ component: 'pause', reference: 'registry.example/pause:3.10', sizeBytes: 6 }]);
    expect(absentImages).toEqual([]);
  });

  test.each([
    ['when the mirror lacks it', {}, '404'],
    ['when the mirror is not trusted', { trust: 'pinned' as const }, 'artifacts.trust'],
  ])('is left to the nodes %s', async (_, options, reason) => {
    const { images, absentImages } = await fetchFrom([imageArtifact], options);
    expect(images).toEqual([]);
    expect(absentImages).toMatchObject([{ reference: 'registry.example/pause:3.10', reason: expect.stringContaining(reason) }]);
  });

  test('is left to the nodes without a mirror', async () => {
    const { absentImages } = await fetchArtifacts([imageArtifact], { trust: 'mirror', cacheDirectory });
    expect(absentImages).toMatchObject([{ reason: 'no mirror is set' }]);
  });

  test('that is damaged is an error', async () => {
    server.serve(mirrorPaths.image, 'layers');
    server.serve(mirrorPaths.imageChecksum, sha256('other'));
    expect((await failureOf(fetchFrom([imageArtifact]))).message).toContain('wrong checksum');
  });
});

describe('trust `pinned`', () => {
  const withPin = (pinned: string) => ({ ...fileArtifact, checksum: { ...fileArtifact.checksum, pinned } });

  test('believes the catalogue and not the mirror', async () => {
    server.serve(mirrorPaths.file, content);
    const failure = await failureOf(fetchFrom([withPin('a'.repeat(64))], { trust: 'pinned' }));
    expect(failure.message).toContain("kcluster's catalogue");
    expect((await fetchFrom([withPin(sha256(content))], { trust: 'pinned' })).binaries).toHaveLength(1);
    expect(server.count(mirrorPaths.fileChecksum)).toBe(0);
  });

  test('asks upstream for what the catalogue does not know', async () => {
    const upstream = { ...fileArtifact, checksum: { url: `${server.url}/upstream/runc.sha256sum` } };
    server.serve(mirrorPaths.file, content);
    server.serve('upstream/runc.sha256sum', `${sha256(content)}  runc.amd64\n`);
    expect((await fetchFrom([upstream], { trust: 'pinned' })).binaries).toHaveLength(1);
    expect(server.count(mirrorPaths.fileChecksum)).toBe(0);
  });

  test('says what to do when upstream cannot be asked', async () => {
    const upstream = { ...fileArtifact, checksum: { url: `${server.url}/nowhere` } };
    server.serve(mirrorPaths.file, content);
    const failure = await failureOf(fetchFrom([upstream], { trust: 'pinned' }));
    expect(failure.details.remedy).toContain('artifacts.trust');
  });

  test('does not take what was cached on the mirror`s word', async () => {
    server.serve(mirrorPaths.file, content);
    await fetchFrom();
    const failure = await failureOf(fetchFrom([withPin('a'.repeat(64))], { trust: 'pinned' }));
    expect(failure.message).toContain('wrong checksum');
  });
});
