import type { OwnLab } from './own-lab.ts';

interface PlannedSteps {
  readonly steps: readonly { readonly phase: string; readonly node: string }[];
}

/** Hosts of a phase as they are taken one after the other. */
export function plannedOrder(lab: OwnLab, { steps }: PlannedSteps, isPhase: (phase: string) => boolean): readonly string[] {
  return steps.flatMap(({ phase, node }) => (isPhase(phase) ? [lab.short(node)] : []));
}
