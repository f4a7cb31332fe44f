import type { BackupListing } from '../cluster/backup-listing.ts';
import { RefusedError } from '../errors.ts';
import { type BackupRecord, parseRecord } from './record.ts';
import { nameOfArchive } from './shelf-file.ts';

/** What lies in a directory of backups. */
export interface Shelf {
  /** Texts by the name of their file. */
  readonly records: ReadonlyMap<string, string>;
  readonly checks: ReadonlyMap<string, string>;
  /** Sizes in bytes. */
  readonly archives: ReadonlyMap<string, number>;
}

function recordOf(text: string, source: string): BackupRecord | undefined {
  try {
    return parseRecord(text, source);
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

function stateOf(record: BackupRecord, sizeBytes: number | undefined): BackupListing['state'] {
  if (sizeBytes === undefined) return 'no archive';
  return sizeBytes === record.archive.sizeBytes ? 'whole' : 'cut off';
}

/** A mark is worth what it was made for: these very bytes. */
function checkOf(text: string | undefined, { archive }: BackupRecord): Pick<BackupListing, 'checked'> {
  const [at = '', how, sha256] = (text ?? '').trim().split(' ');
  if (sha256 !== archive.sha256 || (how !== 'read' && how !== 'drill')) return {};
  return { checked: { at, how } };
}

/** Backups of one place, the newest first; other clusters' too, because a directory may serve several. */
export function readShelf(place: string, { records, checks, archives }: Shelf): readonly BackupListing[] {
  const seen = new Set<string>();
  const known = [...records].map(([file, text]): BackupListing => {
    const name = file.replace(/\.json$/, '');
    const record = recordOf(text, file);
    if (record === undefined) {
      const mine = [...archives].filter(([each]) => nameOfArchive(each) === name);
      for (const [each] of mine) seen.add(each);
      const [[, sizeBytes] = []] = mine;
      return { place, name, state: 'damaged record', ...(sizeBytes === undefined ? {} : { sizeBytes }) };
    }
    seen.add(record.archive.file);
    const sizeBytes = archives.get(record.archive.file);
    return {
      place,
      name,
      state: stateOf(record, sizeBytes),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      takenAt: record.takenAt,
      revision: record.snapshot.revision,
      keys: record.snapshot.keys,
      encrypted: record.archive.encryptedTo.length > 0,
      ...checkOf(checks.get(`${name}.checked`), record),
    };
  });
  const alone = [...archives]
    .filter(([file]) => !seen.has(file))
    .map(([file, sizeBytes]): BackupListing => ({ place, name: nameOfArchive(file) ?? file, state: 'no record', sizeBytes }));
  const byAge = (a: BackupListing, b: BackupListing): number => ((a.takenAt ?? '') < (b.takenAt ?? '') ? 1 : -1);
  return [...known, ...alone].sort(byAge);
}
