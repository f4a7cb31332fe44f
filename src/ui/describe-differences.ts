import type { RestoreDifference } from '../cluster/restore-difference.ts';
import { formatCount } from './format.ts';
import { renderTable } from './table.ts';

const longest = 20;
const sizeOf = ({ gone, back, changed }: RestoreDifference): number => gone + back + changed;

/** What a restore would change, the largest first, at most twenty resources. */
export function describeDifferences(differences: readonly RestoreDifference[] | undefined): string {
  if (differences === undefined) return 'no member of etcd answers: what the restore changes is not known\n';
  if (differences.length === 0) return 'the cluster holds exactly what the backup holds\n';
  const sorted = differences.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.resource < b.resource ? -1 : 1));
  const rows = sorted.slice(0, longest).map(({ resource, gone, back, changed }) => [resource, String(gone), String(back), String(changed)]);
  const rest = sorted.slice(longest);
  const more =
    rest.length === 0
      ? ''
      : `and ${formatCount(
          rest.reduce((sum, each) => sum + sizeOf(each), 0),
          'object',
        )} of ${rest.length} more resources\n`;
  return `what the restore changes, by resource:\n${renderTable(['RESOURCE', 'DISAPPEAR', 'RETURN', 'SET BACK'], rows)}${more}`;
}
