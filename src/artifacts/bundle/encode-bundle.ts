import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ArtifactError } from '../../errors.ts';
import { BlobStore } from '../blob-store.ts';
import { defaultCacheDirectory } from '../cache-directory.ts';
import { tarPadding } from '../tar-header.ts';
import type { BundledArtifact, BundleIndex } from './bundle-index.ts';
import { artifactHeader, bundleEnd, encodeHead, encodeIndex, nameOf } from './bundle-layout.ts';

/** A file of the cache, hashed on its way: what the bundle says of it must hold. @throws ArtifactError */
async function* readBlob(store: BlobStore, artifact: BundledArtifact): AsyncGenerator<Buffer> {
  const path = store.pathOf(artifact.sha256);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    yield chunk;
  }
  if (sizeBytes === artifact.sizeBytes && hash.digest('hex') === artifact.sha256) return;
  throw new ArtifactError(`${nameOf(artifact)}: ${path} is damaged`, { remedy: 'Delete that file and run the command again.' });
}

/** The bytes of a bundle; the same index gives the same bytes. @throws ArtifactError for a damaged file in the cache */
export async function* encodeBundle(index: BundleIndex, cacheDirectory: string = defaultCacheDirectory()): AsyncGenerator<Buffer> {
  const store = new BlobStore(cacheDirectory);
  const head = encodeHead(encodeIndex(index), index);
  yield head.index;
  yield head.sums;
  for (const artifact of index.artifacts) {
    yield artifactHeader(artifact);
    yield* readBlob(store, artifact);
    yield tarPadding(artifact.sizeBytes);
  }
  yield bundleEnd;
}
