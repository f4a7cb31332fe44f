import path from 'node:path';
import { awaitReady } from './await-ready.ts';
import { type BenchContext, type FreshLab, fileOfHost, withFreshLab } from './lab-host.ts';
import { readCpuSeconds } from './machine.ts';
import { overtureTimings, type PhaseTiming, phaseTimings, type TimedEvent, type UploadTiming, uploadTiming } from './run-events.ts';
import { runTimed } from './run-timed.ts';

export interface KclusterSample {
  readonly hosts: number;
  /** From the start of the process until all nodes were Ready, seen from outside. */
  readonly readySeconds: number;
  /** Until the command ended: CoreDNS serves. */
  readonly commandSeconds: number;
  readonly commandCpuSeconds: number;
  /** Of all hosts together. */
  readonly hostCpuSeconds: number;
  readonly overture: Readonly<Record<string, number>>;
  readonly phases: readonly PhaseTiming[];
  readonly uploads: UploadTiming;
  readonly second: SecondRun;
}

/** A run that finds nothing to do. */
export interface SecondRun {
  readonly seconds: number;
  /** By node. */
  readonly roundTrips: Readonly<Record<string, number>>;
}

function commandLine(context: BenchContext, words: readonly string[]): readonly string[] {
  return [process.execPath, path.join(context.product, 'bin/kcluster.js'), ...words];
}

/** `demo-cp1: 3 round trips` lines of `-v`. */
export function parseRoundTrips(stderr: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...stderr.matchAll(/^(\S+): (\d+) round trips$/gm)].map(([, node, count]) => [node, Number(count)]));
}

async function measureSecondRun(lab: FreshLab, context: BenchContext): Promise<SecondRun> {
  const argv = commandLine(context, ['init', '--yes', '--json', '-v', '--no-color', '-i', lab.inventory]);
  const lines: string[] = [];
  const { startedAtMs, endedAtMs, stderr } = await runTimed(argv, context.signal, (line) => lines.push(line));
  if (!lines.some((line) => line.includes('"outcome":"nothing-to-do"')))
    throw new Error(`the second run found something to do\n${lines.join('\n')}`);
  return { seconds: (endedAtMs - startedAtMs) / 1000, roundTrips: parseRoundTrips(stderr) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

async function readAllCpuSeconds(lab: FreshLab): Promise<number> {
  return sum(await Promise.all(lab.machines.map((machine) => readCpuSeconds(machine.cgroups))));
}

async function measureInit(lab: FreshLab, context: BenchContext): Promise<KclusterSample> {
  const controlPlane = lab.machines[0];
  if (controlPlane === undefined) throw new RangeError(`lab ${lab.name} has no host`);
  // Artifacts belong on the operator's side beforehand, and only there.
  await runTimed(commandLine(context, ['artifacts', 'fetch', '-i', lab.inventory]), context.signal, () => undefined);
  const cpuBefore = await readAllCpuSeconds(lab);
  const events: TimedEvent[] = [];
  const waiting = new AbortController();
  const signal = AbortSignal.any([context.signal, waiting.signal]);
  const questions = lab.machines.map(({ name }) => {
    const kubeconfig = fileOfHost(lab.name, name, '/etc/kubernetes/kubelet.conf');
    return awaitReady({ node: name, kubeconfig, address: controlPlane.address, signal });
  });
  const ready = Promise.all(questions).then((times) => Math.max(...times));
  // Looked at below; until then a failure of the command goes first.
  ready.catch(() => undefined);
  const beganAtMs = Date.now();
  const keep = (line: string, atMs: number): void => {
    events.push({ atMs: atMs - beganAtMs, event: JSON.parse(line) as TimedEvent['event'] });
  };
  try {
    const argv = commandLine(context, ['init', '--yes', '--json', '-i', lab.inventory]);
    const { startedAtMs, endedAtMs, cpuSeconds } = await runTimed(argv, context.signal, keep);
    const hostCpuSeconds = (await readAllCpuSeconds(lab)) - cpuBefore;
    return {
      hosts: lab.machines.length,
      readySeconds: ((await ready) - startedAtMs) / 1000,
      commandSeconds: (endedAtMs - startedAtMs) / 1000,
      commandCpuSeconds: cpuSeconds,
      hostCpuSeconds,
      overture: overtureTimings(events),
      phases: phaseTimings(events),
      uploads: uploadTiming(events),
      second: await measureSecondRun(lab, context),
    };
  } finally {
    waiting.abort();
  }
}

/** One first bring-up on fresh hosts, and a second run that finds nothing to do. */
export function measureKcluster(name: string, workers: number, context: BenchContext): Promise<KclusterSample> {
  return withFreshLab(name, workers, context, (lab) => measureInit(lab, context));
}
