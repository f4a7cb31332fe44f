import type { NodeName } from '../cluster/cluster.ts';
import type { Finding } from '../engine/plan.ts';
import { joinersOf } from '../workflows/joiners.ts';
import { checkPaths } from './check-paths.ts';
import type { Look } from './look.ts';
import type { Session } from './session.ts';

/** Everybody while the cluster is to be founded; later those that are not part of it yet. */
function newcomersOf({ desired, observations }: Look): readonly NodeName[] {
  return desired.placement.etcdExists ? joinersOf(desired, observations) : desired.cluster.nodes.map(({ name }) => name);
}

/**
 * Findings about pairs of hosts that must talk once the run is done and do not yet; where nobody is new, nothing is tried.
 *
 * @param focus nodes that the run is about; absent: all
 * @param waived names whose errors are shown as warnings
 */
export async function checkNewPaths(
  session: Session,
  look: Look,
  focus: ReadonlySet<NodeName> | undefined,
  waived: readonly string[],
): Promise<readonly Finding[]> {
  const newcomers = new Set(newcomersOf(look).filter((name) => session.hosts.has(name) && focus?.has(name) !== false));
  if (newcomers.size === 0 || session.hosts.size < 2) return [];
  const { findings } = await checkPaths(session, look, { waived, newcomers });
  return findings;
}
