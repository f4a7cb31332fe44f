import { createHash } from 'node:crypto';
import { ArtifactError, InterruptedError } from '../../errors.ts';
import { BlobStore } from '../blob-store.ts';
import { defaultCacheDirectory } from '../cache-directory.ts';
import { type CacheEntry, CacheIndex } from '../cache-index.ts';
import { importedSource } from '../imported-sources.ts';
import { sweepPartials } from '../sweep-partials.ts';
import { tarPadding } from '../tar-header.ts';
import { unpackArchive } from '../unpack-archive.ts';
import { BundleFile } from './bundle-file.ts';
import type { BundledArtifact, BundleIndex } from './bundle-index.ts';
import { artifactHeader, bundleBytes, bundleEnd, nameOf } from './bundle-layout.ts';
import { type JudgedArtifact, judgeBundled } from './judge-bundled.ts';
import { readBundleIndex } from './read-bundle-index.ts';
import { Staging } from './staging.ts';

export interface ImportOptions {
  /** `mirror`: digests that the catalogue pins otherwise are taken, for inventories with that trust. */
  readonly trust: 'pinned' | 'mirror';
  /** Of the whole bundle, when it is known from elsewhere. */
  readonly sha256?: string | undefined;
  readonly cacheDirectory?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (readBytes: number, totalBytes: number) => void;
  /** Refuses when there is no room for so much in the directory. */
  readonly checkRoom?: (directory: string, bytes: number) => Promise<void>;
}

export interface ImportedBundle {
  readonly index: BundleIndex;
  readonly sha256: string;
  readonly artifacts: readonly (BundledArtifact & { readonly state: 'taken' | 'there already' })[];
}

interface Cache {
  readonly store: BlobStore;
  readonly index: CacheIndex;
  readonly staging: Staging;
}

/** Reads one artifact; what the cache has is only compared. */
async function readArtifact(file: BundleFile, artifact: BundledArtifact, isCached: boolean, { staging }: Cache, tell: () => void) {
  const name = nameOf(artifact);
  await file.expect(artifactHeader(artifact), `the header of ${name}`);
  const from = file.readBytes;
  const pieces = async function* () {
    for await (const piece of file.pieces(artifact.sizeBytes, name)) {
      yield piece;
      tell();
    }
  };
  const check = (found: string): void => {
    if (found === artifact.sha256) return;
    throw file.damaged(`${name}, bytes ${from} to ${file.readBytes}, has sha256 ${found}, and its index says ${artifact.sha256}`);
  };
  if (isCached) {
    const hash = createHash('sha256');
    for await (const piece of pieces()) hash.update(piece);
    check(hash.digest('hex'));
  } else {
    const { temporary, sha256 } = await staging.receive(pieces());
    check(sha256);
    await staging.keep(temporary, artifact);
  }
  await file.expect(tarPadding(artifact.sizeBytes), `the end of ${name}`);
}

/** What the cache says of an artifact, its programs taken out. @throws ArtifactError for an archive that lacks one */
async function makeEntry({ bundled, artifact, word }: JudgedArtifact, cache: Cache): Promise<CacheEntry> {
  const { sha256, sizeBytes } = bundled;
  const { staging } = cache;
  const source = importedSource(word);
  const entryOf = (binaries: CacheEntry['binaries']): CacheEntry => ({ id: artifact.id, source, sha256, sizeBytes, binaries, files: [] });
  if (artifact.kind !== 'archive') return entryOf(artifact.binaries.map(({ name }) => ({ name, sha256, sizeBytes })));
  const known = await cache.index.read(artifact.id, source);
  const isKnown = known?.sha256 === sha256 && artifact.binaries.every(({ name }) => known.binaries.some((binary) => binary.name === name));
  if (isKnown && (await Promise.all(known.binaries.map((binary) => staging.isCached(binary)))).every(Boolean)) return known;
  const binaries = await unpackArchive(staging.pathOf(sha256), artifact.binaries, staging.store, nameOf(bundled));
  for (const binary of binaries) staging.add(binary);
  return entryOf([...binaries]);
}

async function findCached(index: BundleIndex, staging: Staging): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const artifact of index.artifacts) if (await staging.isCached(artifact)) found.add(artifact.sha256);
  return found;
}

async function importFrom(file: BundleFile, cache: Cache, options: ImportOptions): Promise<ImportedBundle> {
  const index = await readBundleIndex(file);
  const judged = index.artifacts.map((artifact) => judgeBundled(artifact, options.trust));
  const cached = await findCached(index, cache.staging);
  const needs = index.artifacts.map((artifact) => artifact.unpackedBytes + (cached.has(artifact.sha256) ? 0 : artifact.sizeBytes));
  await options.checkRoom?.(
    cache.store.directory,
    needs.reduce((sum, bytes) => sum + bytes, 0),
  );
  const totalBytes = bundleBytes(index);
  const tell = (): void => {
    options.signal?.throwIfAborted();
    options.onProgress?.(file.readBytes, totalBytes);
  };
  for (const artifact of index.artifacts) await readArtifact(file, artifact, cached.has(artifact.sha256), cache, tell);
  await file.expect(bundleEnd, 'its end');
  const sha256 = await file.end();
  if (options.sha256 !== undefined && options.sha256 !== sha256)
    throw file.damaged(`it has sha256 ${sha256}, and ${options.sha256} is wanted`);
  tell();
  const entries: CacheEntry[] = [];
  for (const one of judged) entries.push(await makeEntry(one, cache));
  await cache.staging.commit();
  for (const entry of entries) await cache.index.write(entry);
  const artifacts = index.artifacts.map((artifact) => {
    const state = cached.has(artifact.sha256) ? ('there already' as const) : ('taken' as const);
    return { ...artifact, state };
  });
  return { index, sha256, artifacts };
}

function explain(cause: unknown, directory: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return new InterruptedError('the import was interrupted', { remedy: 'Run it again.', cause });
  if (!(cause instanceof Error && 'syscall' in cause)) return cause;
  return new ArtifactError(`the bundle cannot be taken: ${cause.message}`, {
    remedy: `Make ${directory} usable, or let XDG_CACHE_HOME name another place for the cache.`,
    cause,
  });
}

/**
 * Takes everything out of a bundle into the cache, verified, or nothing at all. Afterwards the cache knows it for every mirror.
 * @throws ConfigurationError for a file that is no bundle; ArtifactError for a damaged one, or a digest that the catalogue pins otherwise
 */
export async function importBundle(path: string, options: ImportOptions): Promise<ImportedBundle> {
  const directory = options.cacheDirectory ?? defaultCacheDirectory();
  await using file = await BundleFile.open(path);
  try {
    await sweepPartials(directory);
    const store = new BlobStore(directory);
    await using staging = await Staging.open(store);
    return await importFrom(file, { store, index: new CacheIndex(directory), staging }, options);
  } catch (error) {
    throw explain(error, directory, options.signal);
  }
}
