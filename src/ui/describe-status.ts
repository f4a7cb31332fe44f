import type { NodeStatus } from '../cluster/node-status.ts';
import { renderTable } from './table.ts';

/** Node × component, one line each. */
export function describeStatus(nodes: readonly NodeStatus[]): string {
  const nodeTable = renderTable(
    ['NODE', 'ROLES', 'STATE'],
    nodes.map(({ node, roles, state }) => [node, roles.join(','), state === '' ? '-' : state]),
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
