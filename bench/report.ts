import { type BenchResult, describeHead } from './bench-result.ts';
import type { KclusterSample } from './measure-kcluster.ts';
import type { KubeadmSample } from './measure-kubeadm.ts';
import { phaseTable } from './phase-table.ts';
import { type Figure, fixed, median, roundsTable } from './table.ts';

export interface BenchRound {
  readonly kcluster: KclusterSample;
  readonly kubeadm: KubeadmSample;
  /** One control plane and two workers. */
  readonly threeHosts: KclusterSample;
  /** Load average as the round began. */
  readonly load: number;
}

/** Round trips of the node that took most. */
const most = (roundTrips: Readonly<Record<string, number>>): number => Math.max(...Object.values(roundTrips));

const figures: readonly Figure<BenchRound>[] = [
  { title: 'kcluster init: node Ready', unit: 's', of: ({ kcluster }) => kcluster.readySeconds },
  { title: 'kubeadm init: node Ready', unit: 's', of: ({ kubeadm }) => kubeadm.readySeconds },
  { title: 'kcluster init: command ends, CoreDNS serves', unit: 's', of: ({ kcluster }) => kcluster.commandSeconds },
  { title: 'kubeadm init: command ends', unit: 's', of: ({ kubeadm }) => kubeadm.commandSeconds },
  { title: 'kcluster init, second run: nothing to do', unit: 's', of: ({ kcluster }) => kcluster.second.seconds },
  { title: 'second run: round trips per host', unit: '', digits: 0, of: ({ kcluster }) => most(kcluster.second.roundTrips) },
  { title: 'kcluster init, 3 hosts: all Ready', unit: 's', of: ({ threeHosts }) => threeHosts.readySeconds },
  { title: 'kcluster init, 3 hosts: command ends', unit: 's', of: ({ threeHosts }) => threeHosts.commandSeconds },
  { title: 'kcluster: CPU time of the command', unit: 's', of: ({ kcluster }) => kcluster.commandCpuSeconds },
  { title: 'kcluster: CPU time of the host', unit: 's', of: ({ kcluster }) => kcluster.hostCpuSeconds },
  { title: 'kubeadm: CPU time of the host', unit: 's', of: ({ kubeadm }) => kubeadm.hostCpuSeconds },
  { title: 'load average as the round began', unit: '', of: ({ load }) => load },
];

/** Median of kcluster's over median of kubeadm's time to a Ready node. */
export function readyRatio(rounds: readonly BenchRound[]): number {
  return median(rounds.map(({ kcluster }) => kcluster.readySeconds)) / median(rounds.map(({ kubeadm }) => kubeadm.readySeconds));
}

function growthRatio(rounds: readonly BenchRound[]): number {
  return median(rounds.map(({ threeHosts }) => threeHosts.readySeconds)) / median(rounds.map(({ kcluster }) => kcluster.readySeconds));
}

function uploadLine(samples: readonly KclusterSample[]): string {
  const uploads = samples.map((sample) => sample.uploads);
  const [files, megabytes] = [median(uploads.map((upload) => upload.files)), median(uploads.map((upload) => upload.bytes / 1e6))];
  const [first, last] = [median(uploads.map((upload) => upload.firstSeconds)), median(uploads.map((upload) => upload.lastSeconds))];
  return `Uploads: ${files} files, ${fixed(megabytes, 0)} MB, the first piece at ${fixed(first)} s, the last at ${fixed(last)} s (medians).\n`;
}

/** Everything that was measured, as Markdown. */
export function describeResult(result: BenchResult<BenchRound>): string {
  const { rounds } = result;
  const samples = rounds.map(({ kcluster }) => kcluster);
  return [
    describeHead(result),
    roundsTable(rounds, figures),
    `kcluster / kubeadm until the node is Ready, median / median: **${fixed(readyRatio(rounds), 2)}**. Three hosts / one host: **${fixed(growthRatio(rounds), 2)}**.\n`,
    'The phases of `kcluster init` on one host, seconds since the process was started (medians). Phases overlap.\n',
    phaseTable(samples),
    uploadLine(samples),
  ].join('\n');
}
