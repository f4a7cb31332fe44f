import type { MachineDescription } from './machine.ts';
import type { KclusterSample } from './measure-kcluster.ts';
import type { KubeadmSample } from './measure-kubeadm.ts';

export interface BenchRound {
  readonly kcluster: KclusterSample;
  readonly kubeadm: KubeadmSample;
  /** One control plane and two workers. */
  readonly threeHosts: KclusterSample;
  /** Load average as the round began. */
  readonly load: number;
}

export interface BenchResult {
  /** ISO 8601 */
  readonly startedAt: string;
  readonly kubernetes: string;
  readonly machine: MachineDescription;
  readonly loadAtStart: number;
  readonly loadAtEnd: number;
  readonly rounds: readonly BenchRound[];
}

/** NaN of nothing. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[middle - 1] ?? Number.NaN, sorted[middle] ?? Number.NaN];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}

const fixed = (number: number, digits = 1): string => (Number.isFinite(number) ? number.toFixed(digits) : '–');

/** A Markdown table; every column but the first is right-aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const pad = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  const line = (cells: readonly string[]): string => `| ${head.map((_, column) => pad(cells[column] ?? '', column)).join(' | ')} |\n`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |\n`;
  return `${line(head)}${rule}${rows.map(line).join('')}`;
}

interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly digits?: number;
  of(round: BenchRound): number;
}

/** Round trips of the node that took most. */
const most = (roundTrips: Readonly<Record<string, number>>): number => Math.max(...Object.values(roundTrips));

const figures: readonly Figure[] = [
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
];

function roundsTable(rounds: readonly BenchRound[]): string {
  const rows = figures.map(({ title, unit, digits, of }) => {
    const values = rounds.map(of);
    return [unit === '' ? title : `${title} (${unit})`, ...values.map((value) => fixed(value, digits)), fixed(median(values), digits)];
  });
  const loads = [
    'load average as the round began',
    ...rounds.map(({ load }) => fixed(load)),
    fixed(median(rounds.map(({ load }) => load))),
  ];
  return markdownTable(['', ...rounds.map((_, index) => `round ${index + 1}`), 'median'], [...rows, loads]);
}

/** Median of kcluster's over median of kubeadm's time to a Ready node. */
export function readyRatio(rounds: readonly BenchRound[]): number {
  return median(rounds.map(({ kcluster }) => kcluster.readySeconds)) / median(rounds.map(({ kubeadm }) => kubeadm.readySeconds));
}

function growthRatio(rounds: readonly BenchRound[]): number {
  return median(rounds.map(({ threeHosts }) => threeHosts.readySeconds)) / median(rounds.map(({ kcluster }) => kcluster.readySeconds));
}

const overtureTitles = {
  began: 'command has started',
  connected: 'host is connected',
  observed: 'host was looked at',
  planned: 'plan is made',
} as const satisfies Readonly<Record<string, string>>;

function phaseTable(samples: readonly KclusterSample[]): string {
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

function uploadLine(samples: readonly KclusterSample[]): string {
  const uploads = samples.map((sample) => sample.uploads);
  const [files, megabytes] = [median(uploads.map((upload) => upload.files)), median(uploads.map((upload) => upload.bytes / 1e6))];
  const [first, last] = [median(uploads.map((upload) => upload.firstSeconds)), median(uploads.map((upload) => upload.lastSeconds))];
  return `Uploads: ${files} files, ${fixed(megabytes, 0)} MB, the first piece at ${fixed(first)} s, the last at ${fixed(last)} s (medians).\n`;
}

/** Everything that was measured, as Markdown. */
export function describeResult(result: BenchResult): string {
  const { machine, rounds } = result;
  const samples = rounds.map(({ kcluster }) => kcluster);
  return [
    `Measured on ${result.startedAt.slice(0, 10)} with Kubernetes ${result.kubernetes} on ${machine.cores} cores (${machine.model}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}; load average ${fixed(result.loadAtStart)} at the start, ${fixed(result.loadAtEnd)} at the end.\n`,
    roundsTable(rounds),
    `kcluster / kubeadm until the node is Ready, median / median: **${fixed(readyRatio(rounds), 2)}**. Three hosts / one host: **${fixed(growthRatio(rounds), 2)}**.\n`,
    'The phases of `kcluster init` on one host, seconds since the process was started (medians). Phases overlap.\n',
    phaseTable(samples),
    uploadLine(samples),
  ].join('\n');
}
