import type { ReleaseChange, UpgradeReport } from '../cluster/upgrade-report.ts';
import type { Finding } from '../engine/plan.ts';
import { describeFinding } from './describe-plan.ts';
import { formatDuration } from './format.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

const longestList = 5;
const listNodes = (nodes: readonly string[]): string =>
  nodes.length === 0 ? 'the cluster' : nodes.length > longestList ? `${nodes.length} nodes` : nodes.join(', ');

const rowOf = ({ component, nodes, currentVersion, newVersion, reason }: ReleaseChange): readonly string[] => [
  component,
  listNodes(nodes),
  currentVersion,
  currentVersion === newVersion ? '-' : newVersion,
  reason,
];

function describeTargets({ availableUpgrades }: UpgradeReport): string {
  if (availableUpgrades.length === 0) return 'nothing newer is known\n';
  return availableUpgrades.map(({ description, hops }) => `  ${description}: ${hops.join(' → ')}\n`).join('');
}

/** What an upgrade would be, for people: targets, releases, what is away when, findings; steps only on request. */
export function describeUpgrade(report: UpgradeReport, findings: readonly Finding[], paint: Paint = (_style, text) => text): string {
  const { clusterVersion, hops, components, stages } = report;
  const seconds = stages.reduce((total, stage) => total + stage.seconds, 0);
  const way = [clusterVersion, ...hops.filter((hop) => hop !== clusterVersion)].join(' → ');
  const blocks = [
    `${paint('bold', `Kubernetes ${way}`)}\n`,
    `can be reached\n${describeTargets(report)}`,
    renderTable(['COMPONENT', 'NODES', 'CURRENT', 'TARGET', 'WHY'], components.map(rowOf)),
    stages.length === 0
      ? ''
      : `${renderTable(
          ['STAGE', 'AWAY MEANWHILE', 'ABOUT'],
          stages.map((stage) => [stage.what, stage.away, formatDuration(stage.seconds * 1000)]),
        )}about ${formatDuration(seconds * 1000)} ${hops.length > 1 ? `to ${hops[0]}` : 'in all'}\n`,
    findings.map((finding) => describeFinding(finding, paint)).join(''),
  ];
  return blocks.filter((block) => block !== '').join('\n');
}
