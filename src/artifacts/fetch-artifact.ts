import { stat } from 'node:fs/promises';
import { ArtifactError } from '../errors.ts';
import type { Artifact, ImageArtifact } from './artifact.ts';
import type { ArtifactIndex } from './artifact-index.ts';
import type { BlobStore } from './blob-store.ts';
import type { CacheEntry, CacheIndex, FileState } from './cache-index.ts';
import type { ByteProgress } from './download-file.ts';
import { type HttpOptions, MissingDownload } from './http-client.ts';
import { importedSources } from './imported-sources.ts';
import { isMissing } from './is-missing.ts';
import { takesImageArchives } from './judge-supply.ts';
import { type ArtifactLocation, formatLocation, locateArtifact } from './locate-artifact.ts';
import { obtainBlob } from './obtain-blob.ts';
import { resolveDigest, type TrustSettings } from './resolve-digest.ts';
import { defaultUnpackLimits, unpackArchive } from './unpack-archive.ts';

export interface FetchContext extends TrustSettings {
  readonly store: BlobStore;
  readonly index: CacheIndex;
  readonly http: HttpOptions;
}

/** Undefined: no such file. */
async function readFileState(path: string): Promise<FileState | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, sizeBytes: size, modifiedMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** States of the files that decide about an artifact of a mirror directory, so that a change there is seen. */
async function readFileStates(location: ArtifactLocation): Promise<FileState[]> {
  const paths = [location.content, location.checksum].flatMap((place) => (place.kind === 'path' ? [place.path] : []));
  const states = await Promise.all(paths.map(readFileState));
  return states.filter((state) => state !== undefined);
}

function sameStates(a: readonly FileState[], b: readonly FileState[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether the cache has the download and every program of it. */
async function isWhole(entry: CacheEntry, artifact: Artifact, context: FetchContext): Promise<boolean> {
  const names = new Set(entry.binaries.map((binary) => binary.name));
  if (artifact.kind === 'archive' && !artifact.binaries.every((binary) => names.has(binary.name))) return false;
  const present = await Promise.all([entry, ...entry.binaries].map((blob) => context.store.has(blob)));
  return present.every(Boolean);
}

async function isCurrent(entry: CacheEntry, artifact: Artifact, location: ArtifactLocation, context: FetchContext): Promise<boolean> {
  const [states, whole] = await Promise.all([readFileStates(location), isWhole(entry, artifact, context)]);
  return sameStates(states, entry.files) && whole;
}

/** The part of the cache key that says from where, and on whose word, an artifact came. */
function sourceOf(artifact: Artifact, location: ArtifactLocation, context: FetchContext): string {
  const pinned = artifact.kind === 'image' ? '' : (artifact.checksum.pinned ?? '');
  const word = context.mirror !== undefined && context.trust === 'mirror' ? 'mirror' : `pinned ${pinned}`;
  return `${formatLocation(location.content)} ${word}`;
}

async function fetchAnew(
  artifact: Artifact,
  location: ArtifactLocation,
  context: FetchContext,
  onProgress: ByteProgress,
): Promise<CacheEntry> {
  const files = await readFileStates(location);
  if (location.content.kind === 'path' && !files.some((file) => file.path === formatLocation(location.content))) {
    throw new ArtifactError(`${artifact.component} ${artifact.version}: the mirror has no ${location.content.path}`, {
      remedy: 'Put it there, or choose a version in the inventory that the mirror has.',
    });
  }
  const wanted = await resolveDigest(artifact, location, context, context.http);
  const blob = await obtainBlob(artifact, location.content, wanted, context.store, context.http, onProgress);
  const title = `${artifact.component} ${artifact.version} (${formatLocation(location.content)})`;
  const binaries =
    artifact.kind === 'archive'
      ? await unpackArchive(context.store.pathOf(blob.sha256), artifact.binaries, context.store, title, defaultUnpackLimits)
      : artifact.binaries.map(({ name }) => ({ name, ...blob }));
  const entry = { id: artifact.id, source: sourceOf(artifact, location, context), ...blob, binaries: [...binaries], files };
  await context.index.write(entry);
  return entry;
}

function toIndex(artifact: Artifact, entry: CacheEntry, store: BlobStore): ArtifactIndex {
  const { component, version, arch } = artifact;
  const local = (blob: { sha256: string; sizeBytes: number }) => ({
    component,
    version,
    arch,
    path: store.pathOf(blob.sha256),
    sha256: blob.sha256,
    sizeBytes: blob.sizeBytes,
  });
  if (artifact.kind === 'image') return { binaries: [], images: [{ ...local(entry), reference: artifact.reference }], absentImages: [] };
  return { binaries: entry.binaries.map((binary) => ({ ...local(binary), name: binary.name })), images: [], absentImages: [] };
}

function absent(artifact: ImageArtifact, reason: string): ArtifactIndex {
  const { component, version, arch, reference } = artifact;
  return { binaries: [], images: [], absentImages: [{ component, version, arch, reference, reason }] };
}

/** An image that the mirror lacks is no failure. */
async function fetchImage(
  artifact: ImageArtifact,
  location: ArtifactLocation,
  context: FetchContext,
  onProgress: ByteProgress,
): Promise<ArtifactIndex> {
  const { content } = location;
  if (content.kind === 'path' && (await readFileState(content.path)) === undefined)
    return absent(artifact, `the mirror has no ${content.path}`);
  try {
    return toIndex(artifact, await fetchAnew(artifact, location, context, onProgress), context.store);
  } catch (error) {
    if (error instanceof MissingDownload) return absent(artifact, error.message);
    throw error;
  }
}

function whyPulled(context: TrustSettings): string {
  return context.mirror === undefined
    ? 'no mirror is set'
    : 'an image archive has no published checksum; with artifacts.trust `mirror` it would be taken';
}

/** What came out of a bundle stands in for what cannot be reached; a mirror directory that has the file decides itself. */
async function findImported(artifact: Artifact, { content }: ArtifactLocation, context: FetchContext): Promise<CacheEntry | undefined> {
  if (content.kind === 'path' && (await readFileState(content.path)) !== undefined) return undefined;
  for (const source of importedSources(artifact, context)) {
    const entry = await context.index.read(artifact.id, source);
    if (entry !== undefined && (await isWhole(entry, artifact, context))) return entry;
  }
  return undefined;
}

/** The cache's own entry about an artifact; undefined when there is none, its source has changed since, or nodes pull it. */
export async function findEntry(artifact: Artifact, context: FetchContext): Promise<CacheEntry | undefined> {
  if (artifact.kind === 'image' && !takesImageArchives(context)) return undefined;
  const location = locateArtifact(artifact, context.mirror);
  const entry = await context.index.read(artifact.id, sourceOf(artifact, location, context));
  if (entry !== undefined && (await isCurrent(entry, artifact, location, context))) return entry;
  return findImported(artifact, location, context);
}

/** What the cache holds of an artifact; undefined when it is not there or its source has changed since. */
export async function findCached(artifact: Artifact, context: FetchContext): Promise<ArtifactIndex | undefined> {
  if (artifact.kind === 'image' && !takesImageArchives(context)) return absent(artifact, whyPulled(context));
  const entry = await findEntry(artifact, context);
  return entry === undefined ? undefined : toIndex(artifact, entry, context.store);
}

/** One artifact from the cache, else from its source. @throws ArtifactError */
export async function fetchArtifact(artifact: Artifact, context: FetchContext, onProgress: ByteProgress): Promise<ArtifactIndex> {
  const cached = await findCached(artifact, context);
  if (cached !== undefined) return cached;
  const location = locateArtifact(artifact, context.mirror);
  if (artifact.kind === 'image') return fetchImage(artifact, location, context, onProgress);
  return toIndex(artifact, await fetchAnew(artifact, location, context, onProgress), context.store);
}
