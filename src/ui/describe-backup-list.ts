import type { BackupListing, SilentPlace } from '../cluster/backup-listing.ts';
import type { DrillReport } from '../cluster/drill-report.ts';
import { formatAge, formatBytes } from './format.ts';
import { renderTable } from './table.ts';

const orDash = (value: string | number | undefined): string => (value === undefined ? '-' : String(value));

const headings = ['PLACE', 'NAME', 'AGE', 'REVISION', 'KEYS', 'SIZE', 'ENCRYPTED', 'STATE', 'CHECKED'];

/** All places in one table, those that did not answer at its end. @param now by the operator's clock */
export function describeBackupList(backups: readonly BackupListing[], now: Date, silent: readonly SilentPlace[] = []): string {
  if (backups.length === 0 && silent.length === 0) return 'no backups\n';
  const age = (time: string | undefined): string => (time === undefined ? '-' : formatAge(now.getTime() - Date.parse(time)));
  const rows = backups.map(({ place, name, takenAt, revision, keys, sizeBytes, encrypted, state, checked }) => [
    place,
    name,
    age(takenAt),
    orDash(revision),
    orDash(keys),
    sizeBytes === undefined ? '-' : formatBytes(sizeBytes),
    encrypted === undefined ? '-' : encrypted ? 'yes' : 'no',
    state,
    checked === undefined ? '-' : `${checked.how} ${age(checked.at)} ago`,
  ]);
  const gaps = silent.map(({ place }) => [place, '-', '-', '-', '-', '-', '-', 'no answer', '-']);
  return renderTable(headings, [...rows, ...gaps]);
}

/** What a drill found, a line a resource. */
export function describeDrill({ node, revision, resources, secret }: DrillReport): string {
  const total = resources.reduce((sum, { count }) => sum + count, 0);
  const table = renderTable(
    ['RESOURCE', 'OBJECTS'],
    resources.map(({ resource, count }) => [resource, String(count)]),
  );
  return `${table}\nrestored on ${node} up to revision ${revision}: ${total} objects\n${describeSecret(secret)}\n`;
}

function describeSecret(secret: DrillReport['secret']): string {
  if (secret === undefined) return 'there is no Secret that could be tried';
  const { name, key } = secret;
  return key === undefined
    ? `the Secret ${name} is readable: it is stored in the clear`
    : `the Secret ${name} is readable with the key ${key} of the backup`;
}
