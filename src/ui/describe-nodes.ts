import type { NodeListing } from '../cluster/node-listing.ts';
import { describeAbsence } from './describe-absence.ts';
import { formatAge } from './format.ts';
import { renderTable } from './table.ts';

const orDash = (text: string | undefined): string => (text === undefined || text === '' ? '-' : text);
const yesOrNo = (value: boolean | undefined): string => (value === undefined ? '-' : value ? 'yes' : 'no');

/** A node the inventory lacks can still be well or not. */
function stateOf({ state, ready, absence }: NodeListing): string {
  return state === 'not in the inventory' ? `${state}, ${ready === true ? 'Ready' : 'NotReady'}` : describeAbsence(orDash(state), absence);
}

function schedulingOf({ cordoned, distrusted }: NodeListing): string {
  if (cordoned === undefined) return '-';
  if (distrusted === true) return 'distrusted';
  return cordoned ? 'cordoned' : 'schedulable';
}

/** One line a node; `wide` adds age and pods. @param now by the operator's clock */
export function describeNodes(nodes: readonly NodeListing[], wide: boolean, now: Date): string {
  const headings = ['NODE', 'ROLES', 'STATE', 'SCHEDULING', 'VERSION', 'ADDRESS', 'ETCD MEMBER'];
  const rows = nodes.map((node) => [
    node.node,
    orDash(node.roles.join(',')),
    stateOf(node),
    schedulingOf(node),
    orDash(node.version),
    orDash(node.address),
    yesOrNo(node.etcdMember),
  ]);
  if (!wide) return renderTable(headings, rows);
  const more = nodes.map(({ created, pods }) => [
    created === undefined ? '-' : formatAge(now.getTime() - Date.parse(created)),
    pods === undefined ? '-' : String(pods),
  ]);
  return renderTable(
    [...headings, 'AGE', 'PODS'],
    rows.map((row, index) => [...row, ...(more[index] ?? [])]),
  );
}
