import type { EtcdFinding, EtcdReport, MemberReport } from '../cluster/etcd-report.ts';
import { describeFinding } from './describe-plan.ts';
import { formatBytes } from './format.ts';
import { renderTable } from './table.ts';

type Cell = (member: MemberReport, report: EtcdReport) => string;
type Columns = Readonly<Record<string, Cell>>;

const orDash = (text: string): string => (text === '' ? '-' : text);
const bytes = (value: number | undefined): string => (value === undefined ? '-' : formatBytes(value));
const number = (value: number | undefined): string => (value === undefined ? '-' : String(value));

/** Beside its size, so that both are of one moment. */
function shareOf({ dbSizeBytes, quotaBytes }: MemberReport): string {
  return dbSizeBytes === undefined || quotaBytes === undefined ? '-' : `${Math.round((dbSizeBytes * 100) / quotaBytes)} %`;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

const stateOf: Cell = ({ state, isDeclaredDown }) => (isDeclaredDown && state !== 'healthy' ? `${state}, declared down` : state);
const inventoryOf: Cell = ({ inInventory }, { isGiven }) => (isGiven ? '-' : inInventory ? 'yes' : 'no');

const who: Columns = {
  MEMBER: ({ name, id }) => orDash(name || id),
  ROLE: ({ role }) => orDash(role),
  STATE: stateOf,
};

const memberColumns: Columns = {
  ...who,
  'IN INVENTORY': inventoryOf,
  ID: ({ id }) => orDash(id),
  'CLIENT URLS': ({ clientURLs }) => orDash(clientURLs.join(',')),
};
const moreMemberColumns: Columns = { 'PEER URLS': ({ peerURLs }) => orDash(peerURLs.join(',')) };

const statusColumns: Columns = {
  ...who,
  VERSION: ({ version }) => orDash(version ?? ''),
  'DB SIZE': ({ dbSizeBytes }) => bytes(dbSizeBytes),
  'IN USE': ({ dbSizeInUseBytes }) => bytes(dbSizeInUseBytes),
  QUOTA: ({ quotaBytes }) => bytes(quotaBytes),
  'OF QUOTA': shareOf,
  'DEFRAG GIVES': ({ gainBytes, defragPays }) => `${bytes(gainBytes)}${defragPays === true ? ', pays' : ''}`,
  LAG: ({ lag }) => number(lag),
  'FSYNC P99': ({ fsyncP99Ms }) => milliseconds(fsyncP99Ms),
  ALARMS: ({ alarms }) => orDash(alarms.join(',')),
};
const moreStatusColumns: Columns = {
  ID: ({ id }) => orDash(id),
  'RAFT TERM': ({ raftTerm }) => number(raftTerm),
  'RAFT INDEX': ({ raftIndex }) => number(raftIndex),
  APPLIED: ({ raftAppliedIndex }) => number(raftAppliedIndex),
};

function tableOf(report: EtcdReport, columns: Columns): string {
  const cells = Object.values(columns);
  return renderTable(
    Object.keys(columns),
    report.members.map((member) => cells.map((cell) => cell(member, report))),
  );
}

function findingsOf(findings: readonly EtcdFinding[]): string {
  return findings.map((finding) => `\n${describeFinding(finding)}`).join('');
}

const notAsked = '\nThis etcd is run by others: how long its disks take is not asked, and defrag and reclaim leave it alone.\n';

/** Who is a member, one line each, and what is wrong. */
export function describeEtcdMembers(report: EtcdReport, wide: boolean): string {
  return `${tableOf(report, wide ? { ...memberColumns, ...moreMemberColumns } : memberColumns)}${findingsOf(report.findings)}`;
}

/** How each member is, one line each, and what is wrong. */
export function describeEtcdStatus(report: EtcdReport, wide: boolean): string {
  const table = tableOf(report, wide ? { ...statusColumns, ...moreStatusColumns } : statusColumns);
  return `${table}${report.isGiven ? notAsked : ''}${findingsOf(report.findings)}`;
}

/** Why a defragmentation leaves members alone, a line each. */
export function describeGains({ members }: EtcdReport): string {
  const lines = members
    .filter(({ dbSizeBytes, role }) => dbSizeBytes !== undefined && role !== 'learner')
    .map(({ name, gainBytes = 0, dbSizeBytes = 0 }) => {
      const percent = Math.floor((gainBytes * 100) / Math.max(1, dbSizeBytes));
      return `${name}: ${formatBytes(gainBytes)} of ${formatBytes(dbSizeBytes)} would be given back, ${percent} %\n`;
    });
  return lines.join('');
}
