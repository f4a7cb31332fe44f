import { nodesWithRole } from '../cluster/cluster.ts';
import type { Member } from '../cluster/quorum.ts';
import { collectFailures } from '../engine/failures.ts';
import { judgeSteps, touchesMembership } from '../engine/guard-quorum.ts';
import { liveMembers } from '../engine/live-members.ts';
import type { Observations } from '../engine/observation.ts';
import { observeAll } from '../engine/observe.ts';
import type { Finding, Step } from '../engine/plan.ts';
import { RefusedError } from '../errors.ts';
import type { Session } from './session.ts';

/** The members of etcd as the hosts that were looked at tell them; undefined when none answers. */
export function membersSeen(observations: Iterable<Observations>): readonly Member[] | undefined {
  const views = [...observations].flatMap(({ etcd }) => (etcd === undefined ? [] : [etcd]));
  return liveMembers(views)?.members;
}

/**
 * Findings about what the steps would do to etcd's quorum, in the order of the plan.
 * @throws RefusedError when quorum, or the last copy of the data, would be lost
 */
export function guardMembership(steps: readonly Step[], members: readonly Member[] | undefined): readonly Finding[] {
  if (members === undefined) return [];
  const doubts = judgeSteps(steps, members);
  const refused = doubts.filter(({ severity }) => severity === 'error');
  if (refused.length > 0) {
    const failures = refused.map(({ id, node, message, remedy }) => new RefusedError(`${message} [${id}]`, { node, remedy }));
    throw collectFailures(failures, 'refused, because etcd would lose its quorum,');
  }
  return doubts;
}

/**
 * Asks again right before a step that touches a member: what was healthy when the plan was made may not be now.
 * @throws RefusedError
 */
export async function refuseLostQuorum(session: Session, step: Step, signal: AbortSignal): Promise<void> {
  if (!touchesMembership(step)) return;
  const names = new Set(nodesWithRole(session.cluster, 'etcd').map(({ name }) => name));
  const hosts = new Map([...session.hosts].filter(([name]) => names.has(name)));
  const { observations } = await observeAll(
    hosts,
    () => [{ kind: 'etcd' }],
    () => undefined,
    { signal },
  );
  guardMembership([step], membersSeen(observations.values()));
}
