import { type BenchResult, describeHead } from './bench-result.ts';
import type { UpgradeKclusterSample } from './measure-upgrade-kcluster.ts';
import type { UpgradeKubeadmSample } from './measure-upgrade-kubeadm.ts';
import type { AwayTimes, ServerAway } from './probe-log.ts';
import { type Figure, fixed, markdownTable, median, roundsTable } from './table.ts';

export interface UpgradeRound {
  readonly kubeadm: UpgradeKubeadmSample;
  readonly kcluster: UpgradeKclusterSample;
  /** Load average as the round began. */
  readonly load: number;
}

type Tool = 'kubeadm' | 'kcluster';
type OfAway = (away: ServerAway) => AwayTimes;

const longest = (tool: Tool, read: OfAway) => (round: UpgradeRound) =>
  Math.max(...round[tool].away.map((away) => read(away).longestMs)) / 1000;
const unready: OfAway = (away) => away.unready;
const silent: OfAway = (away) => away.silent;

const pathSeconds = ({ kcluster }: UpgradeRound): number => kcluster.path.totalMs / 1000;

const figures: readonly Figure<UpgradeRound>[] = [
  { title: 'kubeadm: upgraded', unit: 's', of: ({ kubeadm }) => kubeadm.seconds },
  { title: 'kcluster: upgraded', unit: 's', of: ({ kcluster }) => kcluster.seconds },
  { title: 'kcluster / kubeadm', unit: '', digits: 2, of: ({ kcluster, kubeadm }) => kcluster.seconds / kubeadm.seconds },
  { title: 'kcluster: artifacts sent beforehand', unit: 's', of: ({ kcluster }) => kcluster.stageSeconds },
  {
    title: 'kcluster, sending included / kubeadm',
    unit: '',
    digits: 2,
    of: ({ kcluster, kubeadm }) => (kcluster.stageSeconds + kcluster.seconds) / kubeadm.seconds,
  },
  { title: 'kcluster: critical path', unit: 's', of: pathSeconds },
  { title: 'kcluster: upgraded / critical path', unit: '', digits: 2, of: (round) => round.kcluster.seconds / pathSeconds(round) },
  { title: 'kubeadm: an API server without /readyz, at a stretch', unit: 's', of: longest('kubeadm', unready) },
  { title: 'kcluster: an API server without /readyz, at a stretch', unit: 's', of: longest('kcluster', unready) },
  { title: 'kubeadm: an API server without an answer within a second, at a stretch', unit: 's', of: longest('kubeadm', silent) },
  { title: 'kcluster: an API server without an answer within a second, at a stretch', unit: 's', of: longest('kcluster', silent) },
  { title: 'kubeadm: parts run again', unit: '', digits: 0, of: ({ kubeadm }) => kubeadm.repeats },
  { title: 'kubeadm: CPU time of the hosts', unit: 's', of: ({ kubeadm }) => kubeadm.hostCpuSeconds },
  { title: 'kcluster: CPU time of the hosts', unit: 's', of: ({ kcluster }) => kcluster.hostCpuSeconds },
  { title: 'kcluster: CPU time of the command', unit: 's', of: ({ kcluster }) => kcluster.commandCpuSeconds },
  { title: 'kcluster: busy share of this machine', unit: '%', digits: 0, of: ({ kcluster }) => kcluster.busyShare * 100 },
  { title: 'load average as the round began', unit: '', of: ({ load }) => load },
];

const inSeconds = (ms: number): string => fixed(ms / 1000);

/** Hosts of either tool have names of their own; the roles are the same, in the same order. */
function awayTable({ kubeadm, kcluster }: UpgradeRound): string {
  const cells = ({ unready: no, silent: mute }: ServerAway): readonly string[] =>
    [no.longestMs, no.totalMs, mute.longestMs, mute.totalMs].map(inSeconds);
  const rows = [...kubeadm.away.map((away) => ['kubeadm', away] as const), ...kcluster.away.map((away) => ['kcluster', away] as const)];
  return markdownTable(
    [
      'API server of',
      'without /readyz, at a stretch (s)',
      'in all (s)',
      'without an answer within a second, at a stretch (s)',
      'in all (s)',
    ],
    rows.map(([tool, away]) => [`${tool}, ${away.server}`, ...cells(away)]),
  );
}

function accountTable(samples: readonly UpgradeKclusterSample[]): string {
  const parts = [...new Set(samples.flatMap(({ account }) => account.map(({ part }) => part)))];
  const of = (part: string) => samples.flatMap(({ account }) => account.filter((line) => line.part === part));
  const rows = parts.map((part) => {
    const lines = of(part);
    const [steps, seconds, waits] = [
      median(lines.map((line) => line.steps)),
      median(lines.map((line) => line.seconds)),
      median(lines.map((line) => line.waitSeconds)),
    ];
    return [part, steps === 0 ? '' : fixed(steps, 0), seconds === 0 ? '' : fixed(seconds, 2), waits === 0 ? '' : fixed(waits, 2)];
  });
  const total = median(samples.map(({ seconds }) => seconds));
  const path = median(samples.map(({ path: { totalMs } }) => totalMs / 1000));
  return markdownTable(
    ['part of kcluster', 'steps', 'takes (s)', 'of the critical path (s)'],
    [...rows, ['all', '', fixed(total, 2), fixed(path, 2)]],
  );
}

/** `kubelet cp1` -> `kubelet`; parts of all nodes together, and how many there were. */
function partsTable(samples: readonly UpgradeKubeadmSample[]): string {
  const kindOf = (part: string): string => part.slice(0, part.lastIndexOf(' '));
  const kinds = [...new Set(samples.flatMap(({ parts }) => parts.map(({ part }) => kindOf(part))))];
  const totals = (kind: string) =>
    samples.map(({ parts }) => parts.filter(({ part }) => kindOf(part) === kind).reduce((sum, { seconds }) => sum + seconds, 0));
  const most = (kind: string) =>
    samples.map(({ parts }) => Math.max(...parts.filter(({ part }) => kindOf(part) === kind).map(({ seconds }) => seconds)));
  return markdownTable(
    ['part of kubeadm', 'takes on all nodes (s)', 'at most on one (s)'],
    kinds.map((kind) => [kind, fixed(median(totals(kind))), fixed(median(most(kind)))]),
  );
}

/** Everything that was measured, as Markdown. */
export function describeUpgrades(result: BenchResult<UpgradeRound>): string {
  const { rounds } = result;
  const last = rounds.at(-1);
  return [
    describeHead(result),
    roundsTable(rounds, figures),
    ...(last === undefined ? [] : ['API servers in the last round:\n', awayTable(last)]),
    'Where the time of kcluster goes, then that of kubeadm (medians):\n',
    accountTable(rounds.map(({ kcluster }) => kcluster)),
    partsTable(rounds.map(({ kubeadm }) => kubeadm)),
  ].join('\n');
}
