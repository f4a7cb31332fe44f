import { DirectoryPlace } from '../backup/directory-place.ts';
import { ownBackups } from '../backup/own-backups.ts';
import { readShelf } from '../backup/read-shelf.ts';
import { parseRecord } from '../backup/record.ts';
import { ConfigurationError } from '../errors.ts';
import { backupDirectory } from './backup-directory.ts';
import type { Session } from './session.ts';

/**
 * When the newest backup of this cluster was taken that the operator's machine keeps, by record and archive: `etcd snapshot save` puts
 * them there whole, every byte checked. One of an earlier cluster of that name is none.
 */
export async function newestOwnBackup({
  cluster,
  state,
  secrets,
}: Pick<Session, 'cluster' | 'state' | 'secrets'>): Promise<string | undefined> {
  const directory = backupDirectory(state);
  try {
    const shelf = await new DirectoryPlace(directory, false).shelf();
    const authority = secrets.digests().get('ca.crt');
    const isOurs = (name: string): boolean => {
      const text = shelf.records.get(`${name}.json`);
      return text !== undefined && (authority === undefined || parseRecord(text, name).clusterId === authority);
    };
    const whole = ownBackups(readShelf(directory, shelf), cluster.name).filter(({ name, verified }) => verified && isOurs(name));
    return whole
      .map(({ takenAt }) => takenAt)
      .sort()
      .at(-1);
  } catch (error) {
    // What cannot be read is no backup to rely on; the command that makes one says what is wrong with the directory.
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
