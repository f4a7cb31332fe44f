import { commandLine } from './command-line.ts';
import { type BenchContext, type FreshLab, readHostsCpuSeconds } from './lab-host.ts';
import type { TimedEvent } from './run-events.ts';
import { runTimed } from './run-timed.ts';

export interface VerbRun {
  /** ms since 1970. */
  readonly startedAtMs: number;
  readonly commandSeconds: number;
  readonly commandCpuSeconds: number;
  /** Of all hosts together. */
  readonly hostCpuSeconds: number;
  readonly events: readonly TimedEvent[];
}

/** Artifacts belong on the operator's side beforehand. */
export async function fetchArtifactsFor(lab: FreshLab, context: BenchContext): Promise<void> {
  await runTimed(commandLine(context, ['artifacts', 'fetch', '-i', lab.inventory]), context.signal, () => undefined);
}

/** A verb from the start of its process to its end, with every event that it tells. */
export async function runVerb(lab: FreshLab, context: BenchContext, words: readonly string[]): Promise<VerbRun> {
  const cpuBefore = await readHostsCpuSeconds(lab);
  const events: TimedEvent[] = [];
  const beganAtMs = Date.now();
  const keep = (line: string, atMs: number): void => {
    events.push({ atMs: atMs - beganAtMs, event: JSON.parse(line) as TimedEvent['event'] });
  };
  const argv = commandLine(context, [...words, '--yes', '--json', '-i', lab.inventory]);
  const { startedAtMs, endedAtMs, cpuSeconds } = await runTimed(argv, context.signal, keep);
  const hostCpuSeconds = (await readHostsCpuSeconds(lab)) - cpuBefore;
  return { startedAtMs, commandSeconds: (endedAtMs - startedAtMs) / 1000, commandCpuSeconds: cpuSeconds, hostCpuSeconds, events };
}

export function runInit(lab: FreshLab, context: BenchContext): Promise<VerbRun> {
  return runVerb(lab, context, ['init']);
}
