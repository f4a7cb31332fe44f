import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Place, RemotePlace } from '../backup/place.ts';
import { parseRecord } from '../backup/record.ts';
import { nameOfFile } from '../backup/shelf-file.ts';
import { writeBeside } from '../backup/write-beside.ts';
import { ConfigurationError, KclusterError, RefusedError } from '../errors.ts';
import { allPlaces, type PlaceSession } from './all-places.ts';
import { makeDirectory } from './backup-directory.ts';
import { isURL, openPlace } from './open-place.ts';
import type { Session } from './session.ts';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9.-]*-\d{8}T\d{6}Z-[A-Za-z0-9.-]+$/;
const filePattern = /\.(json|tar\.(zst|gz)(\.age)?)$/;

type Finder = PlaceSession & Pick<Session, 'emit' | 'elapsedMs' | 'signal'>;

/** Whether a backup was given by a file of this machine rather than by its name or URL. */
export function isBackupFile(given: string): boolean {
  if (isURL(given)) return false;
  return given.includes('/') || filePattern.test(given) || !namePattern.test(given);
}

/** Brings a backup here from another machine; the caller removes the directory. */
async function fetchFrom(session: Finder, place: RemotePlace, name: string, text: string, directory: string): Promise<string> {
  const record = parseRecord(text, `${name}.json`);
  if (record.name !== name)
    throw new RefusedError(`${place.name}: ${name}.json is the record of ${record.name}`, { remedy: 'use another backup' });
  const { file, sizeBytes } = record.archive;
  const progress = (doneBytes: number): void =>
    session.emit({ type: 'progress', what: `fetch ${file}`, doneBytes, totalBytes: sizeBytes, atMs: session.elapsedMs() });
  await place.fetch(file, path.join(directory, file), progress, session.signal);
  const recordFile = path.join(directory, `${name}.json`);
  await writeBeside(recordFile, text);
  return recordFile;
}

export interface FoundBackup {
  /** Path of its record or archive. */
  readonly file: string;
  /** Place that it was fetched from; absent when it was here. */
  readonly place?: string;
}

/** One that does not answer is told, and passed over as long as another may have it. */
async function textIn(session: Finder, place: RemotePlace, name: string, isOnly: boolean): Promise<string | undefined> {
  try {
    return await place.text(`${name}.json`, session.signal);
  } catch (error) {
    if (isOnly || !(error instanceof KclusterError) || session.signal.aborted) throw error;
    session.emit({ type: 'notice', level: 'warning', text: error.message });
    return undefined;
  }
}

/** @param only place to look in; absent: all of them. A URL says by itself where it is. */
function whereIs(session: Finder, given: string, only: string | undefined): { readonly places: readonly Place[]; readonly name: string } {
  if (!isURL(given)) return { places: allPlaces(session, only), name: given };
  const end = given.lastIndexOf('/');
  return { places: [openPlace(session, given.slice(0, end))], name: nameOfFile(given.slice(end + 1)) };
}

/**
 * Finds a backup by its name in the first place that has it, or by its URL, and lends it as a local file while `work` goes on.
 * @param only as `--in` names a place
 * @throws ConfigurationError when nobody has it
 */
export async function withBackup<T>(
  session: Finder,
  given: string,
  only: string | undefined,
  work: (found: FoundBackup) => Promise<T>,
): Promise<T> {
  const { places, name } = whereIs(session, given, only);
  for (const place of places) {
    if (place.kind === 'directory') {
      const file = await place.find(name);
      if (file !== undefined) return work({ file });
      continue;
    }
    const text = await textIn(session, place, name, places.length === 1);
    if (text === undefined) continue;
    return withScratchDirectory(session, async (scratch) =>
      work({ file: await fetchFrom(session, place, name, text, scratch), place: place.name }),
    );
  }
  throw new ConfigurationError(`there is no backup ${name} in ${places.map((place) => place.name).join(', ')}`, {
    remedy: 'kcluster etcd snapshot list names them',
  });
}

/** A directory beside the other local state, so that what lies in it is as well guarded, and gone afterwards. */
export async function withScratchDirectory<T>({ state }: Pick<Session, 'state'>, work: (directory: string) => Promise<T>): Promise<T> {
  await makeDirectory(state.path('scratch'));
  const directory = await mkdtemp(state.path('scratch/backup-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
