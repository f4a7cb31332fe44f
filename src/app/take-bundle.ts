import { type ImportedBundle, importBundle } from '../artifacts/bundle/import-bundle.ts';
import { ConfigurationError } from '../errors.ts';
import { checkRoom } from './check-room.ts';
import type { Session } from './session.ts';

export interface TakeChoices {
  readonly trust: 'pinned' | 'mirror';
  /** Of the whole bundle, as it was told where it was made. */
  readonly sha256: string | undefined;
}

/** Takes a bundle into the cache, or nothing of it. @throws ConfigurationError, ArtifactError, StoppedError without room */
export async function takeBundle(
  file: string,
  { trust, sha256 }: TakeChoices,
  { emit, elapsedMs, signal }: Pick<Session, 'emit' | 'elapsedMs' | 'signal'>,
): Promise<ImportedBundle> {
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new ConfigurationError(`${sha256} is no SHA-256`, { remedy: 'give the 64 digits that artifacts bundle told' });
  return importBundle(file, {
    trust,
    sha256: sha256?.toLowerCase(),
    signal,
    onProgress: (doneBytes, totalBytes) => emit({ type: 'progress', what: `import ${file}`, doneBytes, totalBytes, atMs: elapsedMs() }),
    checkRoom: (directory, bytes) =>
      checkRoom(directory, bytes, 'the bundle', 'make room there, or let XDG_CACHE_HOME name another place for the cache'),
  });
}
