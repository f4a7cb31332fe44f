import type { BackupListing } from '../cluster/backup-listing.ts';
import type { StoredBackup } from '../cluster/backup-status.ts';
import { timeOfStamp } from './read-host-answer.ts';

/** Backups of this cluster, with the time in their name, as hosts see them: other clusters may have names that begin alike. */
export function ownBackups(backups: readonly BackupListing[], cluster: string): readonly StoredBackup[] {
  return backups.flatMap(({ name, state, sizeBytes = 0 }) => {
    const stamp = name.startsWith(`${cluster}-`) ? /^(\d{8}T\d{6}Z)-[A-Za-z0-9.-]+$/.exec(name.slice(cluster.length + 1))?.[1] : undefined;
    return stamp === undefined ? [] : [{ name, takenAt: timeOfStamp(stamp), sizeBytes, verified: state === 'whole' }];
  });
}
