import { type RunChoices, type RunResult, runWorkflow } from '../../../src/app/run-workflow.ts';
import type { StateDirectory } from '../../../src/app/state-directory.ts';
import type { Workflow } from '../../../src/engine/phase.ts';
import { initWorkflow } from '../../../src/workflows/init.ts';
import type { ModelCluster } from './model-cluster.ts';
import { type ModelSession, type ModelSessionOptions, openModelSession } from './model-session.ts';

export const wanted: RunChoices = { dryRun: false, ignorePreflight: [], maxUnavailable: '10%', confirm: async () => undefined };

interface Ran extends RunResult {
  readonly session: ModelSession;
}

/** One run of `init`, or of another workflow, in a session of its own. */
export async function runInit(
  model: ModelCluster,
  state?: StateDirectory,
  choices: Partial<RunChoices> = {},
  more: ModelSessionOptions & { readonly workflow?: Workflow } = {},
): Promise<Ran> {
  const { workflow = initWorkflow, ...options } = more;
  const session = await openModelSession(model, { ...(state === undefined ? {} : { state }), ...options });
  return { session, ...(await runWorkflow(session, workflow, { ...wanted, ...choices })) };
}
