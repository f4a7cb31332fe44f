import type { TimedEvent } from './run-events.ts';

/** A step of a run that another one waited for. */
export interface ChainStep {
  readonly step: string;
  /** Since the process was started. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly sentBytes: number;
}

interface PlannedStep {
  readonly step: string;
  readonly after: readonly string[];
}

const inSeconds = (ms: number): number => Math.round(ms) / 1000;

function sentBy(events: readonly TimedEvent[], step: string): number {
  const pieces = events.filter(({ event }) => event.type === 'upload-progress' && event.step === step);
  const sizes = new Map(pieces.map(({ event }) => [event.index, Number(event.totalBytes)]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** From a step back to the first one: of what each step waited for, that which ended last. In order of time. */
export function stepChain(events: readonly TimedEvent[], last: string): readonly ChainStep[] {
  const planned = events.find(({ event }) => event.type === 'planned')?.event.steps as readonly PlannedStep[] | undefined;
  const after = new Map(planned?.map((step) => [step.step, step.after]));
  const times = (type: string): ReadonlyMap<string, number> =>
    new Map(events.filter(({ event }) => event.type === type).map(({ event, atMs }) => [String(event.step), atMs]));
  const [started, finished] = [times('step-started'), times('step-finished')];
  const endOf = (step: string): number => finished.get(step) ?? Number.NEGATIVE_INFINITY;

  const chain: ChainStep[] = [];
  for (let step: string | undefined = last; step !== undefined && finished.has(step); ) {
    const startSeconds = inSeconds(started.get(step) ?? Number.NaN);
    chain.unshift({ step, startSeconds, endSeconds: inSeconds(endOf(step)), sentBytes: sentBy(events, step) });
    step = after.get(step)?.toSorted((a, b) => endOf(b) - endOf(a))[0];
  }
  return chain;
}
