import { nodesWithRole } from '../cluster/cluster.ts';
import { hostPaths } from '../engine/host-paths.ts';
import type { Workflow } from '../engine/phase.ts';
import { ConfigurationError } from '../errors.ts';
import { stockShelf } from './artifact-shelf.ts';
import { emptyShelf } from './empty-shelf.ts';
import { type Look, lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { type RunChoices, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';

const oneAtATime = '1';

/** A part of a cluster is nothing for a host that was never brought up. */
function refuseBare({ cluster }: Session, { observations }: Look): void {
  const bare = nodesWithRole(cluster, 'control-plane').find(
    ({ name }) => observations.get(name)?.contents.has(hostPaths.manifest) === false,
  );
  if (bare === undefined) return;
  throw new ConfigurationError('the host was not brought up yet', {
    node: bare.name,
    remedy: 'run kcluster init, which does this, too',
  });
}

/**
 * Carries out a workflow that is a small part of a cluster and needs no API server, on the hosts that answer; the checks of a bring-up do not hold for it.
 *
 * @param sends whether it brings programs to the hosts; then none of them may be bare
 */
export function runOffline(
  session: Session,
  workflow: Workflow,
  choices: Pick<RunChoices, 'dryRun' | 'confirm'>,
  sends = false,
): Promise<RunResult> {
  return runPlanned(session, choices, async () => {
    const look = await lookAtHosts(session, workflow);
    if (sends) refuseBare(session, look);
    const shelf = sends ? await stockShelf(session, look.observations) : emptyShelf;
    const steps = createPlanFor(session, workflow, shelf, oneAtATime)(look.desired, look.observations);
    return { plan: makeRunPlan(session, workflow, { steps, findings: [], maxUnavailable: oneAtATime }), shelf };
  });
}
