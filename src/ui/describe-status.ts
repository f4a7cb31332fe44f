import type { NodeStatus } from '../cluster/node-status.ts';
import { describeAbsence } from './describe-absence.ts';
import { renderTable } from './table.ts';

function stateOf({ state, absence, reports }: NodeStatus): string {
  const text = describeAbsence(state === '' ? '-' : state, absence);
  return reports === true ? `${text}; its kubelet reports` : text;
}

/** Node × component, one line each. */
export function describeStatus(nodes: readonly NodeStatus[]): string {
  const nodeTable = renderTable(
    ['NODE', 'ROLES', 'STATE'],
    nodes.map((node) => [node.node, node.roles.join(','), stateOf(node)]),
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
  return `${nodeTable}\n${renderTable(['NODE', 'COMPONENT', 'UNIT', 'HEALTH', 'VERSION', 'RESTARTS', 'CERT DAYS'], rows)}`;
}
