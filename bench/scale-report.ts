import type { MachineDescription } from './machine.ts';
import { type ScaleCase, type ScaleResult, type ScaleSample, scaleCases } from './measure-scale.ts';
import { markdownTable, median } from './table.ts';

export interface ScaleReport {
  /** ISO 8601 */
  readonly startedAt: string;
  readonly machine: MachineDescription;
  readonly results: readonly ScaleResult[];
}

const figures = [
  { unit: 's', digits: 1, of: (sample: ScaleSample) => sample.wallSeconds },
  { unit: 'CPU s', digits: 1, of: (sample: ScaleSample) => sample.cpuSeconds },
  { unit: 'MB', digits: 0, of: (sample: ScaleSample) => sample.peakBytes / 1e6 },
] as const;

const middle = ({ samples }: ScaleResult, of: (sample: ScaleSample) => number): number => median(samples.map(of));

/** Largest over second largest size. */
function growth(results: readonly ScaleResult[], of: (sample: ScaleSample) => number): string {
  const [largest, before] = results.toSorted((a, b) => b.nodes - a.nodes);
  return largest === undefined || before === undefined ? '–' : (middle(largest, of) / middle(before, of)).toFixed(1);
}

function rowsOf(scene: ScaleCase, results: readonly ScaleResult[]): readonly (readonly string[])[] {
  const mine = results.filter((result) => result.scene === scene);
  return figures.map(({ unit, digits, of }) => [
    `${scaleCases[scene].title} (${unit})`,
    ...mine.map((result) => middle(result, of).toFixed(digits)),
    growth(mine, of),
  ]);
}

/** Everything that was measured, as Markdown. */
export function describeScale({ startedAt, machine, results }: ScaleReport): string {
  const sizes = [...new Set(results.map(({ nodes }) => nodes))].sort((a, b) => a - b);
  const head = ['', ...sizes.map((nodes) => `${nodes} hosts`), `${sizes.at(-1) ?? ''} : ${sizes.at(-2) ?? ''}`];
  const loads = results.flatMap(({ samples }) => samples.map(({ load }) => load));
  const rounds = Math.max(0, ...results.map(({ samples }) => samples.length));
  const scenes = Object.keys(scaleCases) as ScaleCase[];
  return [
    `Measured on ${startedAt.slice(0, 10)} on ${machine.cores} cores (${machine.model}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}; medians of ${rounds}; load average from ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.\n`,
    markdownTable(
      head,
      scenes.flatMap((scene) => rowsOf(scene, results)),
    ),
  ].join('\n');
}
