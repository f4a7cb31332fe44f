import type { Role } from '../../cluster/cluster.ts';
import type { Draft } from '../draft.ts';
import { rolesOf } from '../node-defaults.ts';
import { errorAt, type Finding, warningAt } from '../problem.ts';

const maxVoters = 7;

function checkDuplicates(roles: readonly Role[], index: number): Finding[] {
  return roles.flatMap((role, place) =>
    roles.indexOf(role) < place ? [errorAt(['nodes', index, 'roles', place], `the role ${role} is listed twice`)] : [],
  );
}

function checkVoters(voters: number): Finding[] {
  if (voters === 0)
    return [
      errorAt(
        ['nodes'],
        'no node has the role etcd; with topology: external at least one must, unless cluster.etcd.endpoints names an etcd of your own',
        'key',
      ),
    ];
  if (voters % 2 === 0) {
    const worth = `${voters} etcd members survive no more failures than ${voters - 1} and cost one more acknowledgement`;
    return [warningAt(['nodes'], `${worth}; use an odd number`, 'key')];
  }
  if (voters > maxVoters) return [warningAt(['nodes'], `${voters} etcd members make every write slow; use at most ${maxVoters}`, 'key')];
  return [];
}

/** Counts over all nodes: control plane, etcd members, workers, and etcd where the topology has it. */
export function checkRoles(draft: Draft): Finding[] {
  const listed = draft.nodes.map((node) => node.roles);
  const duplicates = listed.flatMap((roles, index) => (roles === undefined ? [] : checkDuplicates(roles, index)));
  const known = listed.filter((roles) => roles !== undefined);
  const topology = draft.cluster.etcd?.topology;
  if (known.length === 0 || known.length < listed.length || topology === undefined) return duplicates;

  const findings = [...duplicates];
  if (!known.some((roles) => roles.includes('control-plane')))
    findings.push(errorAt(['nodes'], 'no node has the role control-plane; give it to at least one', 'key'));
  const strays = known.flatMap((roles, index) => (roles.includes('etcd') && !roles.includes('control-plane') ? [index] : []));
  if (topology === 'stacked' && strays.length > 0) {
    const remedy = 'set cluster.etcd.topology: external, or drop the role etcd here';
    return [
      ...findings,
      ...strays.map((index) => errorAt(['nodes', index, 'roles'], `etcd on a node that is no control plane is not stacked; ${remedy}`)),
    ];
  }
  // Members of an etcd that others run are not in the inventory.
  if (draft.cluster.etcd?.endpoints === undefined)
    findings.push(...checkVoters(known.filter((roles) => rolesOf(roles, topology).includes('etcd')).length));
  const takesPods = draft.nodes.some(
    (node) => node.roles?.includes('worker') || (node.roles?.includes('control-plane') && node.taints?.length === 0),
  );
  if (!takesPods) findings.push(warningAt(['nodes'], 'no node takes ordinary pods; give the role worker to at least one', 'key'));
  return findings;
}
