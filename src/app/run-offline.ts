import type { Workflow } from '../engine/phase.ts';
import { ArtifactError } from '../errors.ts';
import type { Shelf } from './artifact-shelf.ts';
import { lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { type RunChoices, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';

const oneAtATime = '1';

const emptyShelf: Shelf = {
  binary: () => () => undefined,
  image: () => () => undefined,
  fileOf: (sha256) => {
    throw new ArtifactError(`no cached file has sha256 ${sha256}`);
  },
};

/** Carries out a workflow that sends nothing and needs no API server, on the hosts that answer. */
export function runOffline(session: Session, workflow: Workflow, choices: Pick<RunChoices, 'dryRun' | 'confirm'>): Promise<RunResult> {
  return runPlanned(session, choices, async () => {
    const { desired, observations } = await lookAtHosts(session, workflow);
    const steps = createPlanFor(session, workflow, emptyShelf, oneAtATime)(desired, observations);
    return { plan: makeRunPlan(session, workflow, { steps, findings: [], maxUnavailable: oneAtATime }), shelf: emptyShelf };
  });
}
