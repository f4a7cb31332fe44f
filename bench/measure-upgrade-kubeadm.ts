import { haShape } from './ha-shape.ts';
import { operatorScript } from './kubeadm-ha-files.ts';
import { upgradeScript } from './kubeadm-upgrade-script.ts';
import { type BenchContext, type FreshLab, readHostsCpuSeconds, withFreshLab } from './lab-host.ts';
import { describeCluster, hostPlans, type KubeadmPart, partsOf, runScript } from './measure-ha-kubeadm.ts';
import { prepareKubeadmHosts } from './prepare-kubeadm.ts';
import { type ServerAway, serverAways } from './probe-log.ts';
import { whileProbing } from './probe-servers.ts';
import { requireRelease } from './require-release.ts';

export interface UpgradeKubeadmSample {
  /** From the first word of the procedure to the end of its last one. */
  readonly seconds: number;
  /** Of all hosts together. */
  readonly hostCpuSeconds: number;
  /** How often something of the procedure had to be run again. */
  readonly repeats: number;
  readonly parts: readonly KubeadmPart[];
  readonly away: readonly ServerAway[];
}

async function measure(lab: FreshLab, context: BenchContext, release: string): Promise<UpgradeKubeadmSample> {
  const cluster = await describeCluster(lab, context);
  await prepareKubeadmHosts(lab, hostPlans(lab, cluster), context, release);
  await runScript(lab, (ssh) => operatorScript(cluster, ssh), context.signal);
  await requireRelease(lab, context.kubernetes, context.signal);
  const cpuBefore = await readHostsCpuSeconds(lab);
  const upgrade = () => runScript(lab, (ssh) => upgradeScript(cluster.nodes, release, ssh), context.signal);
  const [{ stamps, lines }, probes] = await whileProbing(lab, context.signal, upgrade);
  const hostCpuSeconds = (await readHostsCpuSeconds(lab)) - cpuBefore;
  await requireRelease(lab, release, context.signal);
  const parts = partsOf(stamps);
  return {
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    hostCpuSeconds,
    repeats: lines.filter((line) => line.startsWith('bench-again ')).length,
    parts,
    away: serverAways(probes),
  };
}

/** A cluster made by kubeadm, upgraded by its documented procedure; images and programs of both releases are on the hosts beforehand. */
export function measureUpgradeKubeadm(name: string, context: BenchContext, release: string): Promise<UpgradeKubeadmSample> {
  return withFreshLab(name, haShape, context, (lab) => measure(lab, context, release));
}
