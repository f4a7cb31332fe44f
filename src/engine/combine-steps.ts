import type { Step, StepId } from './plan.ts';

/** The steps that are wanted; what waited for one that is left out waits for what that one waited for. */
export function keepSteps(steps: readonly Step[], isWanted: (step: Step) => boolean): readonly Step[] {
  /** What to wait for instead of a step that is left out. */
  const instead = new Map<StepId, readonly StepId[]>();
  const kept: Step[] = [];
  for (const step of steps) {
    const after = [...new Set(step.after.flatMap((id) => instead.get(id) ?? [id]))];
    if (isWanted(step)) kept.push({ ...step, after });
    else instead.set(step.id, after);
  }
  return kept;
}

/** Lists of steps, each begun when everything of the one before is done. */
export function inSequence(parts: readonly (readonly Step[])[]): readonly Step[] {
  let before: readonly StepId[] = [];
  const all: Step[] = [];
  for (const part of parts.filter(({ length }) => length > 0)) {
    const ends = before;
    const own = new Set(part.map(({ id }) => id));
    const isFirst = ({ after }: Step): boolean => !after.some((id) => own.has(id));
    all.push(...part.map((step) => (isFirst(step) ? { ...step, after: [...new Set([...step.after, ...ends])] } : step)));
    const awaited = new Set(part.flatMap(({ after }) => after));
    before = [...own].filter((id) => !awaited.has(id));
  }
  return all;
}

/** What of `steps` the plan `without` does not hold in the same words: what only the difference between the two asks for. */
export function stepsBeyond(steps: readonly Step[], without: readonly Step[]): readonly Step[] {
  const textOf = ({ actions, gate }: Step): string => JSON.stringify([actions, gate]);
  const known = new Map(without.map((step) => [step.id, step]));
  return keepSteps(steps, (step) => {
    const same = known.get(step.id);
    return same === undefined || textOf(same) !== textOf(step);
  });
}
