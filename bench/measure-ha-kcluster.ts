import { readFile } from 'node:fs/promises';
import { awaitReady, awaitServes } from './await-ready.ts';
import { type BringUpTimes, clusterStages } from './cluster-stages.ts';
import { type CriticalPath, criticalPath, type Stage } from './critical-path.ts';
import { haShape, pollMs } from './ha-shape.ts';
import { type BenchContext, type FreshLab, fileOfHost, runOnHost, withFreshLab } from './lab-host.ts';
import { busyShare, readProcessorTime } from './machine.ts';
import { overtureTimings, type PhaseTiming, phaseTimings, type UploadTiming, uploadTiming } from './run-events.ts';
import { fetchArtifactsFor, runInit, type VerbRun } from './run-init.ts';
import { stageHosts } from './stage-hosts.ts';
import { type ChainStep, stepChain } from './step-chain.ts';
import { monotonicEpochMs, parseUnitTimes, type UnitTime, unitTimesScript } from './unit-times.ts';
import { whileWaiting } from './while-waiting.ts';

export interface HaKclusterSample {
  /** From the start of the process until all nodes were Ready, seen from outside. */
  readonly readySeconds: number;
  /** Until the command ended: CoreDNS serves. */
  readonly commandSeconds: number;
  readonly commandCpuSeconds: number;
  /** Of all hosts together. */
  readonly hostCpuSeconds: number;
  /** How busy this machine was while the command ran, 0 to 1, whoever kept it busy. */
  readonly busyShare: number;
  /** What went over the network to the hosts, with everything that carries it. */
  readonly sentBytes: number;
  readonly overture: Readonly<Record<string, number>>;
  readonly phases: readonly PhaseTiming[];
  readonly uploads: UploadTiming;
  /** ms since the process was started. */
  readonly stages: readonly Stage[];
  readonly path: CriticalPath;
  /** What the kubelet waited for whose node was Ready last. */
  readonly chain: readonly ChainStep[];
}

async function readSentBytes({ link }: FreshLab): Promise<number> {
  return Number(await readFile(`/sys/class/net/${link}/statistics/tx_bytes`, 'utf8'));
}

export async function readUnits(lab: FreshLab, signal: AbortSignal): Promise<readonly UnitTime[]> {
  const units = await Promise.all(
    lab.machines.map(async (machine) =>
      parseUnitTimes(machine.name, await runOnHost(lab.name, machine, unitTimesScript, signal), monotonicEpochMs()),
    ),
  );
  return units.flat();
}

type Answers = Pick<BringUpTimes, 'servesAtMs' | 'readyAtMs'>;

/** From outside, the first control plane is asked about nodes, as a node whose kubeconfig is there. */
async function askAll(lab: FreshLab, outer: AbortSignal): Promise<Answers> {
  const servers = lab.machines.filter(({ roles }) => roles.includes('control-plane'));
  const address = servers[0]?.address ?? '';
  const common = { intervalMs: pollMs, signal: outer };
  const ready = lab.machines.map(async ({ name }) => {
    const kubeconfig = fileOfHost(lab.name, name, '/etc/kubernetes/kubelet.conf');
    return [name, await awaitReady({ ...common, node: name, kubeconfig, address })] as const;
  });
  const serves = servers.map(async (server) => {
    const caFile = fileOfHost(lab.name, server.name, '/etc/kubernetes/pki/ca.crt');
    return [server.name, await awaitServes({ ...common, address: server.address, caFile })] as const;
  });
  const [readyAtMs, servesAtMs] = await Promise.all([Promise.all(ready), Promise.all(serves)]);
  return { readyAtMs: new Map(readyAtMs), servesAtMs: new Map(servesAtMs) };
}

const sinceStart = (stages: readonly Stage[], startedAtMs: number): readonly Stage[] =>
  stages.map((stage) => ({ ...stage, startMs: stage.startMs - startedAtMs, readyMs: stage.readyMs - startedAtMs }));

function judge(run: VerbRun, times: BringUpTimes) {
  const stages = sinceStart(clusterStages(times), run.startedAtMs);
  const [lastNode = ''] = [...times.readyAtMs].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const goals = [...times.readyAtMs.keys()].map((host) => `kubelet@${host}`);
  return { stages, path: criticalPath(stages, goals), chain: stepChain(run.events, `kubelet/run@${lastNode}`) };
}

async function measure(lab: FreshLab, context: BenchContext): Promise<HaKclusterSample> {
  const [processorBefore, sentBefore] = [await readProcessorTime(), await readSentBytes(lab)];
  const ask = (signal: AbortSignal): Promise<Answers> => askAll(lab, signal);
  const [{ run, busy, sentBytes }, answers] = await whileWaiting(context.signal, ask, async () => ({
    run: await runInit(lab, context),
    busy: busyShare(processorBefore, await readProcessorTime()),
    sentBytes: (await readSentBytes(lab)) - sentBefore,
  }));
  return {
    readySeconds: (Math.max(...answers.readyAtMs.values()) - run.startedAtMs) / 1000,
    commandSeconds: run.commandSeconds,
    commandCpuSeconds: run.commandCpuSeconds,
    hostCpuSeconds: run.hostCpuSeconds,
    busyShare: busy,
    sentBytes,
    overture: overtureTimings(run.events),
    phases: phaseTimings(run.events),
    uploads: uploadTiming(run.events),
    ...judge(run, { ...answers, units: await readUnits(lab, context.signal) }),
  };
}

/** kcluster's bring-up of the same cluster, from bare hosts. */
export function measureHaKcluster(name: string, context: BenchContext): Promise<HaKclusterSample> {
  return withFreshLab(name, haShape, context, async (lab) => {
    await fetchArtifactsFor(lab, context);
    return measure(lab, context);
  });
}

/** The same from hosts that have every binary and image already. */
export function measureHaKclusterStaged(name: string, context: BenchContext): Promise<HaKclusterSample> {
  return withFreshLab(name, haShape, context, async (lab) => {
    await fetchArtifactsFor(lab, context);
    await stageHosts(lab, context);
    return measure(lab, context);
  });
}
