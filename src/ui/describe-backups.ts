import type { BackupHost, BackupReport, BackupRun } from '../cluster/backup-status.ts';
import { formatAge, formatBytes } from './format.ts';
import { renderTable } from './table.ts';

const minutes = (time: string): string => time.slice(0, 16).replace('T', ' ');
const orDash = (text: string | undefined): string => (text === undefined || text === '' ? '-' : text);

function resultOf(run: BackupRun | undefined): string {
  if (run === undefined) return '-';
  if (run.result === 'other') return `made by ${run.by ?? 'another'}`;
  return run.result === 'ok' ? 'made' : 'failed';
}

function rowOf({ node, timer, next, lastRun, backups }: BackupHost, ageOf: (time: string) => string): readonly string[] {
  const newest = backups.find(({ verified }) => verified);
  const bad = backups.filter(({ verified }) => !verified).length;
  return [
    node,
    timer,
    next === undefined ? '-' : minutes(next),
    lastRun === undefined ? '-' : `${ageOf(lastRun.endedAt)} ago`,
    resultOf(lastRun),
    String(lastRun?.failures ?? '-'),
    newest === undefined ? '-' : `${ageOf(newest.takenAt)} ago`,
    newest === undefined ? '-' : formatBytes(newest.sizeBytes),
    bad === 0 ? String(backups.length) : `${backups.length}, ${bad} damaged`,
  ];
}

/** The schedule, a line a host, a line a copy, and what is wrong. @param now by the operator's clock */
export function describeBackups({ schedule, next, newest, hosts, problems }: BackupReport, now: Date): string {
  const ageOf = (time: string): string => formatAge(now.getTime() - Date.parse(time));
  const head =
    schedule === undefined
      ? 'no schedule: backups are made by hand only\n'
      : `schedule "${schedule}" (UTC), next: ${next.map(minutes).join(', ')}\n`;
  const latest =
    newest === undefined
      ? 'newest: none\n'
      : `newest: ${newest.name} on ${newest.node}, ${ageOf(newest.takenAt)} old, ${formatBytes(newest.sizeBytes)}\n`;
  const headings = ['NODE', 'TIMER', 'NEXT (UTC)', 'LAST RUN', 'RESULT', 'FAILURES', 'NEWEST', 'SIZE', 'KEPT'];
  const table = renderTable(
    headings,
    hosts.map((host) => rowOf(host, ageOf)),
  );
  const copies = hosts.flatMap(({ node, copies: each }) =>
    each.map(({ place, ok, at, error }) => [place, node, ok ? 'copied' : 'failed', `${ageOf(at)} ago`, orDash(error)]),
  );
  const places = copies.length === 0 ? '' : `\n${renderTable(['COPIES TO', 'LAST BY', 'RESULT', 'WHEN', 'WHY'], copies)}`;
  const wrong = problems.length === 0 ? '' : `\n${problems.map((problem) => `not well: ${problem}\n`).join('')}`;
  return `${head}${latest}\n${table}${places}${wrong}`;
}
