import { readFile, writeFile } from 'node:fs/promises';
import { awaitReady } from './await-ready.ts';
import { type CriticalPath, criticalPath } from './critical-path.ts';
import { haShape } from './ha-shape.ts';
import { type BenchContext, type FreshLab, fileOfHost, withFreshLab } from './lab-host.ts';
import { busyShare, readProcessorTime } from './machine.ts';
import { readUnits } from './measure-ha-kcluster.ts';
import { type ServerAway, serverAways } from './probe-log.ts';
import { whileProbing } from './probe-servers.ts';
import { requireRelease } from './require-release.ts';
import { fetchArtifactsFor, runInit, runVerb } from './run-init.ts';
import { stageHosts } from './stage-hosts.ts';
import { type AccountLine, accountFor } from './upgrade-account.ts';
import { upgradeStages } from './upgrade-stages.ts';
import { whileWaiting } from './while-waiting.ts';

export interface UpgradeKclusterSample {
  /** Of `artifacts stage` for the new release, on the cluster that runs. */
  readonly stageSeconds: number;
  /** From the start of `upgrade apply` to its end. */
  readonly seconds: number;
  readonly commandCpuSeconds: number;
  /** Of all hosts together. */
  readonly hostCpuSeconds: number;
  /** How busy this machine was meanwhile, 0 to 1, whoever kept it busy. */
  readonly busyShare: number;
  readonly account: readonly AccountLine[];
  readonly path: CriticalPath;
  readonly away: readonly ServerAway[];
}

/** A node is asked for seldom: answers cost processor time of the cluster that is measured. */
const nodePollMs = 200;

/** What takes longest to send is on the hosts, and on this machine, before the upgrade; the inventory is afterwards as it was. */
async function stageRelease(lab: FreshLab, context: BenchContext, release: string): Promise<number> {
  const inventory = await readFile(lab.inventory, 'utf8');
  await writeFile(lab.inventory, inventory.replace(/^( *kubernetesVersion: ).*$/m, `$1"${release}"`));
  try {
    await fetchArtifactsFor(lab, context);
    const startedAtMs = Date.now();
    await stageHosts(lab, context);
    return (Date.now() - startedAtMs) / 1000;
  } finally {
    await writeFile(lab.inventory, inventory);
  }
}

/** When each node was Ready with a kubelet of the release, in ms since 1970; asked of the first control plane, whose API server is new by then. */
async function askNodes(lab: FreshLab, release: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const address = lab.machines[0]?.address ?? '';
  const moments = lab.machines.map(async ({ name: node }) => {
    const kubeconfig = fileOfHost(lab.name, node, '/etc/kubernetes/kubelet.conf');
    return [node, await awaitReady({ node, kubeconfig, address, release, intervalMs: nodePollMs, signal })] as const;
  });
  return new Map(await Promise.all(moments));
}

async function measure(lab: FreshLab, context: BenchContext, release: string): Promise<UpgradeKclusterSample> {
  const { signal } = context;
  await fetchArtifactsFor(lab, context);
  await runInit(lab, context);
  await requireRelease(lab, context.kubernetes, signal);
  const stageSeconds = await stageRelease(lab, context, release);
  const processorBefore = await readProcessorTime();
  const upgrade = () => runVerb(lab, context, ['upgrade', 'apply', '--to', release]);
  const [[run, probes], readyAtMs] = await whileWaiting(
    signal,
    (inner) => askNodes(lab, release, inner),
    () => whileProbing(lab, signal, upgrade),
  );
  const busy = busyShare(processorBefore, await readProcessorTime());
  await requireRelease(lab, release, signal);
  const units = await readUnits(lab, signal);
  const stages = upgradeStages({ ...run, units, probes, readyAtMs });
  const goals = stages.map(({ id }) => id);
  const path = criticalPath(stages, goals);
  const hosts = lab.machines.map(({ name }) => name);
  return {
    stageSeconds,
    seconds: run.commandSeconds,
    commandCpuSeconds: run.commandCpuSeconds,
    hostCpuSeconds: run.hostCpuSeconds,
    busyShare: busy,
    account: accountFor(run, path, hosts),
    path,
    away: serverAways(probes),
  };
}

/** kcluster's cluster, upgraded by one command; what the new release needs was sent beforehand. */
export function measureUpgradeKcluster(name: string, context: BenchContext, release: string): Promise<UpgradeKclusterSample> {
  return withFreshLab(name, haShape, context, (lab) => measure(lab, context, release));
}
