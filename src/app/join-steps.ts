import { selectVersions } from '../artifacts/select-versions.ts';
import type { Cluster, NodeName } from '../cluster/cluster.ts';
import { stepsBeyond } from '../engine/combine-steps.ts';
import type { Desired } from '../engine/phase.ts';
import { RefusedError } from '../errors.ts';
import { joinersOf } from '../workflows/joiners.ts';
import { place } from '../workflows/place.ts';
import { desire } from './desire.ts';
import type { Look } from './look.ts';
import type { MakeSteps } from './run-workflow.ts';

/** What would be desired were these nodes not in the inventory. @param leaves one of them that leaves for good: its absence ends with it */
export function desireWithout(look: Look, nodes: ReadonlySet<NodeName>, leaves?: NodeName): Desired {
  const {
    desired: { cluster, placement: whole },
    observations,
    etcdMembers,
  } = look;
  const rest: Cluster = { ...cluster, nodes: cluster.nodes.filter(({ name }) => !nodes.has(name)) };
  const seen = new Map([...observations].filter(([name]) => !nodes.has(name)));
  const placement = place(rest, selectVersions(rest), seen, { etcdMembers });
  const waiting = [...whole.absences].filter(([name]) => nodes.has(name) && name !== leaves);
  return desire(rest, { ...placement, absences: new Map([...look.absent(desire(rest, placement)), ...waiting]) });
}

/**
 * Steps that let nodes join: all that they need, and on others only what changes because of them. What else has drifted there
 * is left to `init`.
 *
 * @param wanted names; empty: everybody who is in the inventory and not in the cluster
 * @throws RefusedError when there is no cluster yet
 */
export function joinSteps(wanted: readonly NodeName[]): MakeSteps {
  const joining = [...new Set(wanted)].sort();
  return (look, planFor) => {
    if (!look.desired.placement.etcdExists) {
      throw new RefusedError(`cluster ${look.desired.cluster.name} is not there yet: there is nothing to join`, {
        remedy: 'bring it up with kcluster init',
      });
    }
    const able = joinersOf(look.desired, look.observations);
    const focus = new Set(wanted.length === 0 ? able : able.filter((name) => wanted.includes(name)));
    if (focus.size === 0) return { steps: [], focus, joining };
    const waiting = new Set(able.filter((name) => !focus.has(name)));
    const desired = { ...(waiting.size === 0 ? look.desired : desireWithout(look, waiting)), focus };
    const seen = new Map([...look.observations].filter(([name]) => !waiting.has(name)));
    const before = new Map([...seen].filter(([name]) => !focus.has(name)));
    const without = planFor(desireWithout(look, new Set([...waiting, ...focus])), before);
    return { steps: stepsBeyond(planFor(desired, seen), without), focus, joining };
  };
}
