import type { BackupAge, NodeStatus } from '../cluster/node-status.ts';
import { describeAbsence } from './describe-absence.ts';
import { formatAge } from './format.ts';
import { renderTable } from './table.ts';

function stateOf({ state, absence, reports }: NodeStatus): string {
  const text = describeAbsence(state === '' ? '-' : state, absence);
  return reports === true ? `${text}; its kubelet reports` : text;
}

const ageOf = ({ ageSeconds }: { readonly ageSeconds: number }): string => formatAge(ageSeconds * 1000);

function describeBackupAge({ newest, problem }: BackupAge): string {
  if (problem !== undefined) return `not well: ${problem}; kcluster etcd backup status says why\n`;
  return newest === undefined ? '' : `newest backup: ${newest.name} on ${newest.node}, ${ageOf(newest)} old\n`;
}

/** Node × component, one line each. @param backups absent: none are scheduled */
export function describeStatus(nodes: readonly NodeStatus[], backups?: BackupAge): string {
  const more = (text: string): readonly string[] => (backups === undefined ? [] : [text]);
  const nodeTable = renderTable(
    ['NODE', 'ROLES', ...more('BACKUP'), 'STATE'],
    nodes.map((node) => [
      node.node,
      node.roles.join(','),
      ...more(node.newestBackup === undefined ? '-' : ageOf(node.newestBackup)),
      stateOf(node),
    ]),
  );
  const rows = nodes.flatMap(({ components }) =>
    components.map(({ node, component, unit, health, version, restarts, certificateDays }) => [
      node,
      component,
      unit,
      health === '' ? '-' : health,
      version === '' ? '-' : version,
      String(restarts),
      certificateDays === undefined ? '-' : String(certificateDays),
    ]),
  );
  const age = backups === undefined ? '' : `\n${describeBackupAge(backups)}`;
  return `${nodeTable}\n${renderTable(['NODE', 'COMPONENT', 'UNIT', 'HEALTH', 'VERSION', 'RESTARTS', 'CERT DAYS'], rows)}${age}`;
}
