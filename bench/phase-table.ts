import type { PhaseTiming } from './run-events.ts';
import { fixed, markdownTable, median } from './table.ts';

/** What of a run its phases are told from. */
interface PhasedRun {
  readonly overture: Readonly<Record<string, number>>;
  readonly phases: readonly PhaseTiming[];
}

const overtureTitles = {
  began: 'command has started',
  connected: 'host is connected',
  observed: 'host was looked at',
  planned: 'plan is made',
} as const satisfies Readonly<Record<string, string>>;

/** Moments before the first step, then the phases in order of their beginning; medians. */
export function phaseTable(samples: readonly PhasedRun[]): string {
  const overture = Object.entries(overtureTitles).map(([key, title]) => [
    title,
    fixed(median(samples.map((sample) => sample.overture[key] ?? Number.NaN)), 2),
    '',
  ]);
  const names = [...new Set(samples.flatMap(({ phases }) => phases.map(({ phase }) => phase)))];
  const timings = names.map((name) => {
    const found = samples.flatMap(({ phases }) => phases.filter(({ phase }) => phase === name));
    return { name, start: median(found.map((timing) => timing.startSeconds)), took: median(found.map(({ seconds }) => seconds)) };
  });
  const phases = timings.toSorted((a, b) => a.start - b.start).map(({ name, start, took }) => [name, fixed(start, 2), fixed(took, 2)]);
  return markdownTable(['phase', 'starts at (s)', 'takes (s)'], [...overture, ...phases]);
}
