import { type BenchResult, describeHead } from './bench-result.ts';
import type { Stage } from './critical-path.ts';
import type { HaKclusterSample } from './measure-ha-kcluster.ts';
import type { HaKubeadmSample } from './measure-ha-kubeadm.ts';
import { phaseTable } from './phase-table.ts';
import { type Figure, fixed, markdownTable, median, roundsTable } from './table.ts';

export interface HaRound {
  readonly kubeadm: HaKubeadmSample;
  readonly bare: HaKclusterSample;
  readonly staged: HaKclusterSample;
  /** Load average as the round began. */
  readonly load: number;
}

type Variant = 'bare' | 'staged';
type OfSample = (sample: HaKclusterSample) => number;

const pathRatio: OfSample = ({ readySeconds, path }) => (readySeconds * 1000) / path.totalMs;

const overKubeadm = (variant: Variant) => (round: HaRound) => round[variant].readySeconds / round.kubeadm.readySeconds;

const titles = { bare: 'kcluster, bare hosts', staged: 'kcluster, staged hosts' } as const satisfies Record<Variant, string>;

function figuresOf(variant: Variant): readonly Figure<HaRound>[] {
  const row = (title: string, unit: string, read: OfSample, digits = 1): Figure<HaRound> => ({
    title: `${titles[variant]}: ${title}`,
    unit,
    digits,
    of: (round) => read(round[variant]),
  });
  return [
    row('all Ready', 's', ({ readySeconds }) => readySeconds),
    { title: `${titles[variant]} / kubeadm`, unit: '', digits: 2, of: overKubeadm(variant) },
    row('critical path', 's', ({ path }) => path.totalMs / 1000),
    row('all Ready / critical path', '', pathRatio, 2),
    row('command ends, CoreDNS serves', 's', ({ commandSeconds }) => commandSeconds),
    row('sent', 'MB', ({ sentBytes }) => sentBytes / 1e6, 0),
    row('CPU time of the command', 's', ({ commandCpuSeconds }) => commandCpuSeconds),
    row('CPU time of the hosts', 's', ({ hostCpuSeconds }) => hostCpuSeconds),
    row('busy share of this machine', '%', ({ busyShare }) => busyShare * 100, 0),
  ];
}

const kubeadmFigures: readonly Figure<HaRound>[] = [
  { title: 'kubeadm: all Ready', unit: 's', of: ({ kubeadm }) => kubeadm.readySeconds },
  { title: 'kubeadm: script ends', unit: 's', of: ({ kubeadm }) => kubeadm.scriptSeconds },
  { title: 'kubeadm: CPU time of the hosts', unit: 's', of: ({ kubeadm }) => kubeadm.hostCpuSeconds },
];

function partsTable(samples: readonly HaKubeadmSample[]): string {
  const names = samples[0]?.parts.map(({ part }) => part) ?? [];
  const secondsOf = (name: string) => samples.map(({ parts }) => parts.find(({ part }) => part === name)?.seconds ?? Number.NaN);
  return markdownTable(
    ['part of kubeadm', 'takes (s)'],
    names.map((name) => [name, fixed(median(secondsOf(name)))]),
  );
}

const inSeconds = (ms: number): string => fixed(ms / 1000, 2);

function pathTable({ path }: HaKclusterSample): string {
  const rows = path.links.map(({ id, startMs, readyMs, ownMs }) => [id, inSeconds(startMs), inSeconds(readyMs), inSeconds(ownMs)]);
  return markdownTable(['critical path', 'starts at (s)', 'ready at (s)', 'of its own (s)'], rows);
}

function processTable({ stages }: HaKclusterSample): string {
  const byProcess = Map.groupBy(stages, ({ id }) => id.slice(0, id.lastIndexOf('@')));
  const took = ({ startMs, readyMs }: Stage): number => readyMs - startMs;
  const rows = [...byProcess].map(([process, found]) => ({
    process,
    first: Math.min(...found.map(({ startMs }) => startMs)),
    last: Math.max(...found.map(({ readyMs }) => readyMs)),
    shortest: Math.min(...found.map(took)),
    longest: Math.max(...found.map(took)),
  }));
  const cells = rows
    .toSorted((a, b) => a.first - b.first)
    .map(({ process, first, last, shortest, longest }) => [process, ...[first, last, shortest, longest].map(inSeconds)]);
  return markdownTable(['process', 'first starts at (s)', 'last ready at (s)', 'shortest start (s)', 'longest start (s)'], cells);
}

function chainTable({ chain, readySeconds }: HaKclusterSample): string {
  const rows = chain.map(({ step, startSeconds, endSeconds, sentBytes }) => [
    step,
    fixed(startSeconds, 2),
    fixed(endSeconds - startSeconds, 2),
    sentBytes === 0 ? '' : fixed(sentBytes / 1e6, 0),
  ]);
  const ready = ['all nodes are Ready', fixed(readySeconds, 2), '', ''];
  return markdownTable(['what the last node waited for', 'starts at (s)', 'takes (s)', 'sent (MB)'], [...rows, ready]);
}

function describeRun(title: string, samples: readonly HaKclusterSample[]): readonly string[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  return [
    `${title}: processes and the chains of the last round, then the phases (medians); seconds since the process was started.\n`,
    pathTable(last),
    processTable(last),
    chainTable(last),
    phaseTable(samples),
  ];
}

/** Everything that was measured, as Markdown. */
export function describeHaResult(result: BenchResult<HaRound>): string {
  const { rounds } = result;
  const load: Figure<HaRound> = { title: 'load average as the round began', unit: '', of: (round) => round.load };
  return [
    describeHead(result),
    roundsTable(rounds, [...kubeadmFigures, ...figuresOf('bare'), ...figuresOf('staged'), load]),
    partsTable(rounds.map(({ kubeadm }) => kubeadm)),
    ...describeRun(
      'Bare hosts',
      rounds.map(({ bare }) => bare),
    ),
    ...describeRun(
      'Staged hosts',
      rounds.map(({ staged }) => staged),
    ),
  ].join('\n');
}
