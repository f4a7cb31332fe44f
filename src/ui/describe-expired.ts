import type { StoredBackup } from '../cluster/backup-status.ts';
import { formatAge, formatBytes } from './format.ts';
import { renderTable } from './table.ts';

interface Row {
  readonly place: string;
  readonly backup: StoredBackup;
}

/** One line a backup that may go. @param now by the operator's clock */
export function describeExpired(all: readonly Row[], now: Date): string {
  if (all.length === 0) return 'nothing to do: the inventory keeps every backup that is there\n';
  const rows = all.map(({ place, backup: { name, takenAt, sizeBytes, verified } }) => [
    place,
    name,
    formatAge(now.getTime() - Date.parse(takenAt)),
    formatBytes(sizeBytes),
    verified ? 'yes' : 'no',
  ]);
  return renderTable(['PLACE', 'BACKUP', 'AGE', 'SIZE', 'WHOLE'], rows);
}
