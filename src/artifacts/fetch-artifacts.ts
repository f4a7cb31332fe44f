import { ArtifactError, InterruptedError, KclusterError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import { type ArtifactIndex, mergeIndexes } from './artifact-index.ts';
import { BlobStore } from './blob-store.ts';
import { defaultCacheDirectory } from './cache-directory.ts';
import { type CacheEntry, CacheIndex } from './cache-index.ts';
import { type FetchContext, fetchArtifact, findCached, findEntry } from './fetch-artifact.ts';
import { defaultHttpOptions } from './http-client.ts';
import { sweepPartials } from './sweep-partials.ts';

export interface FetchProgress {
  readonly artifact: Artifact;
  readonly receivedBytes: number;
  /** Absent when the server does not say. */
  readonly totalBytes?: number;
}

export interface FetchOptions {
  /** URL or absolute directory in upstream's layout; absent: upstream itself. */
  readonly mirror?: string;
  readonly trust: 'pinned' | 'mirror';
  readonly cacheDirectory?: string;
  /** Artifacts fetched at the same time. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Waits before further attempts after transient failures. */
  readonly backOffMs?: readonly number[];
  readonly stallMs?: number;
}

type Outcome = { readonly index: ArtifactIndex } | { readonly failure: KclusterError };

function interrupted(signal: AbortSignal): KclusterError {
  return signal.reason instanceof KclusterError
    ? signal.reason
    : new InterruptedError('fetching artifacts was interrupted', { remedy: 'Run again: what arrived is kept.' });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function brokenCache(artifact: Artifact, context: FetchContext, cause: NodeJS.ErrnoException): ArtifactError {
  return new ArtifactError(`${artifact.component} ${artifact.version}: ${cause.message}`, {
    cause,
    remedy: `Make ${cause.path ?? context.store.directory} usable, or let XDG_CACHE_HOME name another place for the cache.`,
  });
}

async function settle(artifact: Artifact, context: FetchContext, options: FetchOptions): Promise<Outcome> {
  const tell = (receivedBytes: number, totalBytes: number | undefined) =>
    options.onProgress?.({ artifact, receivedBytes, ...(totalBytes === undefined ? {} : { totalBytes }) });
  try {
    options.signal?.throwIfAborted();
    return { index: await fetchArtifact(artifact, context, tell) };
  } catch (error) {
    if (options.signal?.aborted === true) throw interrupted(options.signal);
    if (error instanceof ArtifactError) return { failure: error };
    if (isSystemError(error)) return { failure: brokenCache(artifact, context, error) };
    throw error;
  }
}

async function settleAll(artifacts: readonly Artifact[], context: FetchContext, options: FetchOptions): Promise<readonly Outcome[]> {
  const outcomes = new Map<Artifact, Outcome>();
  const queue = artifacts.values();
  const work = async () => {
    for (const artifact of queue) outcomes.set(artifact, await settle(artifact, context, options));
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 4 }, work));
  return artifacts.flatMap((artifact) => outcomes.get(artifact) ?? []);
}

function throwFailures(failures: readonly KclusterError[]): void {
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  throw new ArtifactError(`${failures.length} artifacts cannot be had:\n${failures.map((failure) => `  ${failure.message}`).join('\n')}`, {
    failures,
    ...(first.details.remedy === undefined ? {} : { remedy: first.details.remedy }),
  });
}

function createContext(options: FetchOptions): FetchContext {
  const cacheDirectory = options.cacheDirectory ?? defaultCacheDirectory();
  return {
    mirror: options.mirror,
    trust: options.trust,
    store: new BlobStore(cacheDirectory),
    index: new CacheIndex(cacheDirectory),
    http: {
      backOffMs: options.backOffMs ?? defaultHttpOptions.backOffMs,
      stallMs: options.stallMs ?? defaultHttpOptions.stallMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  };
}

/** What the cache holds of each artifact, by id; looks at the cache only. */
export async function findCachedArtifacts(
  artifacts: readonly Artifact[],
  options: Pick<FetchOptions, 'mirror' | 'trust' | 'cacheDirectory'>,
): Promise<ReadonlyMap<string, ArtifactIndex>> {
  const context = createContext(options);
  const found = await Promise.all(artifacts.map(async (artifact) => [artifact.id, await findCached(artifact, context)] as const));
  return new Map(found.flatMap(([id, index]) => (index === undefined ? [] : [[id, index] as const])));
}

/** The cache's own entries about artifacts, by id; none of what is not there, or of images that nodes pull. */
export async function findCacheEntries(
  artifacts: readonly Artifact[],
  options: Pick<FetchOptions, 'mirror' | 'trust' | 'cacheDirectory'>,
): Promise<ReadonlyMap<string, CacheEntry>> {
  const context = createContext(options);
  const found = await Promise.all(artifacts.map(async (artifact) => [artifact.id, await findEntry(artifact, context)] as const));
  return new Map(found.flatMap(([id, entry]) => (entry === undefined ? [] : [[id, entry] as const])));
}

/**
 * Brings artifacts into the cache, each once, verified and unpacked; with everything cached it touches neither network nor large files.
 * @throws ArtifactError naming everything that cannot be had; InterruptedError when `signal` fires.
 */
export async function fetchArtifacts(artifacts: readonly Artifact[], options: FetchOptions): Promise<ArtifactIndex> {
  const context = createContext(options);
  await sweepPartials(context.store.directory);
  const unique = [...new Map(artifacts.map((artifact) => [artifact.id, artifact])).values()];
  const outcomes = await settleAll(unique, context, options);
  throwFailures(outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome.failure] : [])));
  return mergeIndexes(outcomes.flatMap((outcome) => ('index' in outcome ? [outcome.index] : [])));
}
