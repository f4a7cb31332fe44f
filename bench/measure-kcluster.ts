import { awaitReady } from './await-ready.ts';
import { commandLine } from './command-line.ts';
import { type BenchContext, type FreshLab, fileOfHost, withFreshLab } from './lab-host.ts';
import { overtureTimings, type PhaseTiming, phaseTimings, type UploadTiming, uploadTiming } from './run-events.ts';
import { fetchArtifactsFor, runInit } from './run-init.ts';
import { runTimed } from './run-timed.ts';
import { whileWaiting } from './while-waiting.ts';

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

async function measureInit(lab: FreshLab, context: BenchContext): Promise<KclusterSample> {
  const controlPlane = lab.machines[0];
  if (controlPlane === undefined) throw new RangeError(`lab ${lab.name} has no host`);
  await fetchArtifactsFor(lab, context);
  const ask = (signal: AbortSignal): Promise<readonly number[]> =>
    Promise.all(
      lab.machines.map(({ name }) => {
        const kubeconfig = fileOfHost(lab.name, name, '/etc/kubernetes/kubelet.conf');
        return awaitReady({ node: name, kubeconfig, address: controlPlane.address, signal });
      }),
    );
  const [run, readyAtMs] = await whileWaiting(context.signal, ask, () => runInit(lab, context));
  return {
    hosts: lab.machines.length,
    readySeconds: (Math.max(...readyAtMs) - run.startedAtMs) / 1000,
    commandSeconds: run.commandSeconds,
    commandCpuSeconds: run.commandCpuSeconds,
    hostCpuSeconds: run.hostCpuSeconds,
    overture: overtureTimings(run.events),
    phases: phaseTimings(run.events),
    uploads: uploadTiming(run.events),
    second: await measureSecondRun(lab, context),
  };
}

/** One first bring-up on fresh hosts, and a second run that finds nothing to do. */
export function measureKcluster(name: string, workers: number, context: BenchContext): Promise<KclusterSample> {
  return withFreshLab(name, { controlPlanes: 1, workers }, context, (lab) => measureInit(lab, context));
}
