import { otherKubernetes } from '../build/beside.ts';
import { defaultKubernetesVersion } from '../src/cluster/default-version.ts';
import { type BackupRound, describeBackup } from './backup-report.ts';
import { type BenchResult, measureRounds } from './bench-result.ts';
import { describeHaResult, type HaRound } from './ha-report.ts';
import type { BenchContext } from './lab-host.ts';
import { describeMachine } from './machine.ts';
import { measureBackup } from './measure-backup.ts';
import { measureHaKcluster, measureHaKclusterStaged } from './measure-ha-kcluster.ts';
import { measureHaKubeadm } from './measure-ha-kubeadm.ts';
import { measureKcluster } from './measure-kcluster.ts';
import { measureKubeadm } from './measure-kubeadm.ts';
import { measureScale } from './measure-scale.ts';
import { measureUpgradeKcluster } from './measure-upgrade-kcluster.ts';
import { measureUpgradeKubeadm } from './measure-upgrade-kubeadm.ts';
import { type BenchRound, describeResult } from './report.ts';
import { describeScale, type ScaleReport } from './scale-report.ts';
import { describeUpgrades, type UpgradeRound } from './upgrade-report.ts';

export type Say = (text: string) => void;

export interface BenchMode {
  /** Of docs/benchmarks.md, where the figures go. */
  readonly section: string;
  measure(setting: BenchSetting): Promise<{ readonly result: unknown; readonly figures: string }>;
}

/** What a mode measures with. */
export interface BenchSetting {
  readonly rounds: number;
  readonly say: Say;
  readonly signal: AbortSignal;
  /** Prepares what lab hosts are measured with, where they are wanted: releases of Kubernetes, the first for new clusters. */
  readonly lab: (releases: readonly string[]) => Promise<BenchContext>;
}

const sizes = [10, 100, 1_000];

async function measurePlans({ rounds, say, signal }: BenchSetting): Promise<{ readonly result: ScaleReport; readonly figures: string }> {
  const startedAt = new Date().toISOString();
  const results = await measureScale({ sizes, rounds, signal, report: say });
  const result = { startedAt, machine: describeMachine(), results };
  return { result, figures: describeScale(result) };
}

const seconds = (number: number): string => `${number.toFixed(1)} s`;

async function measureRound(context: BenchContext, say: Say, load: number): Promise<BenchRound> {
  const kcluster = await measureKcluster('bencha', 0, context);
  say(`  kcluster init: node Ready after ${seconds(kcluster.readySeconds)}, command ended after ${seconds(kcluster.commandSeconds)}`);
  say(`  kcluster init again: ${seconds(kcluster.second.seconds)}`);
  const kubeadm = await measureKubeadm('benchk', context);
  say(`  kubeadm init:  node Ready after ${seconds(kubeadm.readySeconds)}, command ended after ${seconds(kubeadm.commandSeconds)}`);
  const threeHosts = await measureKcluster('benchg', 2, context);
  say(`  kcluster init, 3 hosts: Ready after ${seconds(threeHosts.readySeconds)}, ended after ${seconds(threeHosts.commandSeconds)}`);
  return { kcluster, kubeadm, threeHosts, load };
}

async function measureHaRound(context: BenchContext, say: Say, load: number): Promise<HaRound> {
  const kubeadm = await measureHaKubeadm('benchhk', context);
  say(`  kubeadm: all Ready after ${seconds(kubeadm.readySeconds)}`);
  const bare = await measureHaKcluster('benchhb', context);
  say(`  kcluster, bare hosts: all Ready after ${seconds(bare.readySeconds)}, critical path ${seconds(bare.path.totalMs / 1000)}`);
  const staged = await measureHaKclusterStaged('benchhs', context);
  say(`  kcluster, staged hosts: all Ready after ${seconds(staged.readySeconds)}, critical path ${seconds(staged.path.totalMs / 1000)}`);
  return { kubeadm, bare, staged, load };
}

async function measureBackupRound(context: BenchContext, say: Say, load: number): Promise<BackupRound> {
  const backup = await measureBackup('benchb', context);
  const { storeBytes, plainSaveSeconds, plainRestoreSeconds, saveSeconds } = backup;
  say(`  ${(storeBytes / 1e6).toFixed(0)} MB: saved in ${seconds(plainSaveSeconds)}, restored in ${seconds(plainRestoreSeconds)}`);
  say(Number.isNaN(saveSeconds) ? '  this kcluster makes no backups' : `  kcluster etcd snapshot save: ${seconds(saveSeconds)}`);
  return { backup, load };
}

const oldRelease = otherKubernetes[0] ?? defaultKubernetesVersion;

async function measureUpgradeRound(context: BenchContext, say: Say, load: number): Promise<UpgradeRound> {
  const kcluster = await measureUpgradeKcluster('benchuc', context, defaultKubernetesVersion);
  say(`  kcluster: upgraded in ${seconds(kcluster.seconds)}, critical path ${seconds(kcluster.path.totalMs / 1000)}`);
  const kubeadm = await measureUpgradeKubeadm('benchuk', context, defaultKubernetesVersion);
  say(`  kubeadm: upgraded in ${seconds(kubeadm.seconds)}`);
  return { kcluster, kubeadm, load };
}

function newMode<Round>(
  section: string,
  round: (context: BenchContext, say: Say, load: number) => Promise<Round>,
  describe: (result: BenchResult<Round>) => string,
  releases: readonly string[] = [defaultKubernetesVersion],
): BenchMode {
  return {
    section,
    measure: async ({ rounds, say, lab }) => {
      const context = await lab(releases);
      const result = await measureRounds(rounds, releases.join(' → '), (number, load) => {
        say(`\nround ${number}, load average ${load}`);
        return round(context, say, load);
      });
      return { result, figures: describe(result) };
    },
  };
}

/** What may be measured; `one` is one node beside one node, `ha` three control planes and two workers, `upgrade` those from one minor to the next, `backup` a store of 1 GiB, `scale` plans of many simulated hosts. */
export const modes = {
  one: newMode('figures', measureRound, describeResult),
  ha: newMode('ha', measureHaRound, describeHaResult),
  upgrade: newMode('upgrade', measureUpgradeRound, describeUpgrades, [oldRelease, defaultKubernetesVersion]),
  backup: newMode('backup', measureBackupRound, describeBackup),
  scale: { section: 'scale', measure: measurePlans },
} as const satisfies Readonly<Record<string, BenchMode>>;
