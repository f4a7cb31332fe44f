import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ArtifactError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import type { Blob, BlobStore } from './blob-store.ts';
import { type ByteProgress, downloadFile } from './download-file.ts';
import { hashFile } from './hash-file.ts';
import type { HttpOptions } from './http-client.ts';
import { formatLocation, type Location } from './locate-artifact.ts';
import { PartialFile } from './partial-file.ts';
import type { WantedDigest } from './resolve-digest.ts';

interface Obtained extends Blob {
  readonly temporary: string;
}

async function copyFromDirectory(path: string, store: BlobStore, options: HttpOptions, onProgress: ByteProgress): Promise<Obtained> {
  const temporary = await store.temporaryPath();
  const totalBytes = (await stat(path)).size;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const read = createReadStream(path, { highWaterMark: 1 << 20 });
  const tap = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      onProgress(sizeBytes, totalBytes);
      yield chunk;
    }
  };
  try {
    await pipeline(read, tap, createWriteStream(temporary), options.signal === undefined ? {} : { signal: options.signal });
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { temporary, sha256: hash.digest('hex'), sizeBytes };
}

async function receiveWhole(url: string, partial: PartialFile, http: HttpOptions, onProgress: ByteProgress): Promise<Obtained> {
  try {
    await downloadFile(url, partial, http, onProgress);
  } catch (error) {
    await partial.release();
    throw error;
  }
  return { temporary: partial.path, sha256: await hashFile(partial.path), sizeBytes: await partial.size() };
}

async function download(
  url: string,
  wanted: WantedDigest,
  store: BlobStore,
  http: HttpOptions,
  onProgress: ByteProgress,
): Promise<Obtained> {
  const partial = await PartialFile.open(store.directory, `${url}\n${wanted.sha256}`);
  const isContinued = (await partial.size()) > 0;
  const obtained = await receiveWhole(url, partial, http, onProgress);
  if (obtained.sha256 === wanted.sha256 || !isContinued) return obtained;
  // What an earlier run left may have been damaged: once from the beginning before anybody is blamed.
  await partial.remove();
  return receiveWhole(url, partial, http, onProgress);
}

/**
 * Brings a file into the store, verified; a wrong one is deleted.
 * @throws ArtifactError naming file, wanted and found digest and the source of the wanted one.
 */
export async function obtainBlob(
  artifact: Artifact,
  content: Location,
  wanted: WantedDigest,
  store: BlobStore,
  http: HttpOptions,
  onProgress: ByteProgress,
): Promise<Blob> {
  const stored = await store.verify(wanted.sha256);
  if (stored !== undefined) return stored;
  const obtained =
    content.kind === 'path'
      ? await copyFromDirectory(content.path, store, http, onProgress)
      : await download(content.url, wanted, store, http, onProgress);
  const { temporary, ...blob } = obtained;
  if (blob.sha256 !== wanted.sha256) {
    await rm(temporary, { force: true });
    throw new ArtifactError(
      `${artifact.component} ${artifact.version}: wrong checksum of ${formatLocation(content)}: wanted ${wanted.sha256} (${wanted.source}), found ${blob.sha256}`,
      { remedy: 'The file was deleted. Fetch it again; if it happens again, do not trust this source.' },
    );
  }
  await store.adopt(temporary, blob);
  return blob;
}
