import type { NodeName } from '../cluster/cluster.ts';
import type { MakeSteps } from './run-workflow.ts';

/** @param wanted names; empty: all nodes */
export function stageSteps(wanted: readonly NodeName[]): MakeSteps {
  return ({ desired, observations }, planFor) => {
    const steps = planFor(desired, observations);
    if (wanted.length === 0) return { steps };
    const focus = new Set(wanted);
    return { steps: steps.filter(({ node }) => focus.has(node)), focus };
  };
}
