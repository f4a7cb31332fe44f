import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupListing } from '../cluster/backup-listing.ts';
import { ConfigurationError } from '../errors.ts';
import { readShelf } from './read-shelf.ts';
import type { BackupRecord } from './record.ts';
import { writeBeside } from './write-beside.ts';

const archivePattern = /\.tar\.(?:zst|gz)(?:\.age)?$/;
const recordPattern = /-\d{8}T\d{6}Z-[A-Za-z0-9.-]+\.json$/;
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

async function texts(directory: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const)));
}

/** Backups in a directory of this machine; one that is not there holds none. @throws ConfigurationError */
export async function readLocalShelf(directory: string): Promise<readonly BackupListing[]> {
  try {
    const names = await readdir(directory);
    const archives = names.filter((name) => archivePattern.test(name));
    return readShelf(directory, {
      records: await texts(
        directory,
        names.filter((name) => recordPattern.test(name)),
      ),
      checks: await texts(
        directory,
        names.filter((name) => name.endsWith('.checked')),
      ),
      archives: new Map(await Promise.all(archives.map(async (name) => [name, (await stat(join(directory, name))).size] as const))),
    });
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    if (codeOf(cause) === '') throw cause;
    throw new ConfigurationError(`${directory} cannot be read (${codeOf(cause)})`, { remedy: 'name a directory with backups', cause });
  }
}

/** Notes that every byte of a backup was found to be right. Where nothing may be written, nothing is noted. */
export async function markChecked(directory: string, { name, archive }: BackupRecord, how: 'read' | 'drill', now: Date): Promise<void> {
  const at = `${now.toISOString().slice(0, 19)}Z`;
  try {
    await writeBeside(join(directory, `${name}.checked`), `${at} ${how} ${archive.sha256}\n`);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
  }
}
