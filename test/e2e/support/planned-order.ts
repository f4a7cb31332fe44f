import type { OwnLab } from './own-lab.ts';

interface PlannedSteps {
  readonly steps: readonly { readonly phase: string; readonly node: string }[];
}

export const shortOf = (lab: OwnLab, host: string): string => host.slice(lab.name.length + 1);

/** Hosts of a phase as they are taken one after the other. */
export function plannedOrder(lab: OwnLab, { steps }: PlannedSteps, isPhase: (phase: string) => boolean): readonly string[] {
  return steps.flatMap(({ phase, node }) => (isPhase(phase) ? [shortOf(lab, node)] : []));
}
