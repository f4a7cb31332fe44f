import { hasQuorum } from '../cluster/quorum.ts';
import { etcdDataDirectory } from '../components/etcd.ts';
import { RefusedError } from '../errors.ts';
import { pruneReplacedWorkflow } from '../workflows/prune-replaced.ts';
import { emptyShelf } from './empty-shelf.ts';
import { lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { type RunChoices, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';

const atOnce = '100%';

/**
 * Removes what restores put aside on the hosts of etcd. @throws RefusedError while a restore is under way, or while etcd does not serve:
 * the old data may be all that there is
 */
export function pruneReplaced(session: Session, choices: Pick<RunChoices, 'dryRun' | 'confirm'>): Promise<RunResult> {
  return runPlanned(session, choices, async () => {
    const look = await lookAtHosts(session, pruneReplacedWorkflow, () => [{ kind: 'entries', path: etcdDataDirectory }]);
    if (look.etcdMembers === undefined || !hasQuorum(look.etcdMembers) || look.etcdMembers.some(({ health }) => health !== 'healthy')) {
      throw new RefusedError('not every member of etcd is healthy: the data that was replaced may still be wanted', {
        remedy: 'bring all members back first; kcluster status shows them',
      });
    }
    const steps = createPlanFor(session, pruneReplacedWorkflow, emptyShelf, atOnce)(look.desired, look.observations);
    return { plan: makeRunPlan(session, pruneReplacedWorkflow, { steps, findings: [], maxUnavailable: atOnce }), shelf: emptyShelf };
  });
}
