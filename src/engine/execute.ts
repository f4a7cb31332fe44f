import type { NodeName } from '../cluster/cluster.ts';
import { InternalError, InterruptedError, type KclusterError } from '../errors.ts';
import type { Emit } from './events.ts';
import { asKclusterError } from './failures.ts';
import type { Step, StepId } from './plan.ts';

export interface ExecuteOptions {
  readonly emit: Emit;
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
  /** Carries out one step; rejects when it failed. */
  readonly perform: (step: Step) => Promise<void>;
}

export interface Outcome {
  readonly done: readonly StepId[];
  readonly skipped: readonly StepId[];
  readonly failures: readonly KclusterError[];
}

type Fate = 'done' | 'failed' | 'skipped';

/** A step whose dependency is not before it would start too early: nothing is started then. */
function refuseWrongOrder(steps: readonly Step[]): void {
  const before = new Set<StepId>();
  for (const { id, after } of steps) {
    const missing = after.find((dependency) => !before.has(dependency));
    if (missing !== undefined) throw new InternalError(`step ${id} comes after ${missing}, which is not before it in the plan`);
    before.add(id);
  }
}

function interruptedBefore(count: number): InterruptedError {
  return new InterruptedError(`interrupted before ${count} steps`, { remedy: 'run again: it goes on from here' });
}

/**
 * Runs steps as their dependencies allow. A host that fails takes no further step, what depends on a failed step never
 * starts, nor does what stands in line behind it; everything else goes on to its end; nothing is left running when this resolves.
 */
export async function executeSteps(steps: readonly Step[], options: ExecuteOptions): Promise<Outcome> {
  const fates = new Map<StepId, Promise<Fate>>();
  const failedNodes = new Set<NodeName>();
  const failedLines = new Set<string>();
  const failures: KclusterError[] = [];

  const reasonToSkip = async (step: Step): Promise<string | undefined> => {
    for (const id of step.after) {
      const fate = await fates.get(id);
      if (fate === 'failed') return `${id} failed`;
      if (fate === 'skipped') return `${id} did not run`;
    }
    return undefined;
  };

  /** Looked at without a pause before the start, so that nothing fails or is interrupted in between. */
  const reasonToStop = (step: Step): string | undefined => {
    if (failedNodes.has(step.node)) return `${step.node} failed before`;
    if (step.line !== undefined && failedLines.has(step.line)) return `the rollout of ${step.line} stopped at a failure`;
    return options.signal.aborted ? 'interrupted' : undefined;
  };

  const attempt = async (step: Step): Promise<Fate> => {
    const because = (await reasonToSkip(step)) ?? reasonToStop(step);
    if (because !== undefined) {
      options.emit({ type: 'step-skipped', step, because, atMs: options.elapsedMs() });
      return 'skipped';
    }
    const startedMs = options.elapsedMs();
    options.emit({ type: 'step-started', step, atMs: startedMs });
    try {
      await options.perform(step);
      const atMs = options.elapsedMs();
      options.emit({ type: 'step-finished', step, atMs, tookMs: atMs - startedMs });
      return 'done';
    } catch (cause) {
      const error = options.signal.aborted
        ? new InterruptedError('interrupted', { node: step.node, cause })
        : asKclusterError(cause, step.node);
      failedNodes.add(step.node);
      if (step.line !== undefined) failedLines.add(step.line);
      failures.push(error);
      options.emit({ type: 'step-failed', step, error, atMs: options.elapsedMs() });
      return 'failed';
    }
  };

  refuseWrongOrder(steps);
  for (const step of steps) fates.set(step.id, attempt(step));
  const settled = await Promise.all(steps.map(async (step) => [step.id, await fates.get(step.id)] as const));
  const withFate = (fate: Fate): readonly StepId[] => settled.filter(([, found]) => found === fate).map(([id]) => id);
  const skipped = withFate('skipped');
  // Interrupted between two steps: nothing failed, and yet not everything is done.
  if (failures.length === 0 && skipped.length > 0) failures.push(interruptedBefore(skipped.length));
  return { done: withFate('done'), skipped, failures };
}
