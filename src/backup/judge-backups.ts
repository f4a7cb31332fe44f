import type { BackupHost, BackupReport } from '../cluster/backup-status.ts';
import { parseCron } from '../cluster/cron.ts';
import { longestGapMs, nextRuns } from './schedule.ts';

type Newest = NonNullable<BackupReport['newest']>;

function newestOf(hosts: readonly BackupHost[]): Newest | undefined {
  const all = hosts.flatMap(({ node, backups }) =>
    backups.filter(({ verified }) => verified).map((backup): Newest => ({ ...backup, node })),
  );
  return all.toSorted((a, b) => (a.takenAt < b.takenAt ? 1 : -1))[0];
}

/** Runs and timers that are not as they should be; hosts that do not answer are shown, and another one acts. */
function hostProblems({ node, timer, lastRun, copies }: BackupHost): readonly string[] {
  const isAway = timer === 'unreachable' || timer === 'declared down';
  const times = lastRun === undefined || lastRun.failures < 2 ? '' : `, ${lastRun.failures} times in a row`;
  return [
    ...(timer === 'active' || isAway ? [] : [`${node}: the timer is ${timer}; kcluster etcd backup enable starts it`]),
    ...(lastRun?.result === 'failed'
      ? [`${node}: the last run failed${times}: ${lastRun.error ?? 'see journalctl -u kcluster-backup'}`]
      : []),
    // The first fault of a run is its error; further ones are in its copies.
    ...copies
      .filter(({ ok, place }) => !ok && lastRun?.error?.includes(place) !== true)
      .map(({ place, error }) => `${node}: no copy to ${place}: ${error}`),
  ];
}

/** Twice the longest time between two runs since the newest backup; undefined: the schedule is none. */
function staleAfter(schedule: string | undefined, takenAt: string | undefined, now: Date): number | undefined {
  const cron = schedule === undefined ? undefined : parseCron(schedule);
  if (cron === undefined || typeof cron === 'string') return undefined;
  const from = takenAt === undefined ? now : new Date(Math.min(now.getTime(), Date.parse(takenAt)));
  return 2 * longestGapMs(cron, from);
}

/** What is wrong with the age of the newest backup. @param now by the operator's clock */
export function judgeNewest(schedule: string, takenAt: string | undefined, now: Date): string | undefined {
  const staleAfterMs = staleAfter(schedule, takenAt, now);
  if (staleAfterMs === undefined) return undefined;
  if (takenAt === undefined) return 'no host has a backup';
  if (now.getTime() - Date.parse(takenAt) <= staleAfterMs) return undefined;
  return `the newest backup is of ${takenAt}, older than twice the time between two runs`;
}

/** Whether backups are as the schedule promises. @param now by the operator's clock */
export function judgeBackups(schedule: string | undefined, hosts: readonly BackupHost[], now: Date): BackupReport {
  const newest = newestOf(hosts);
  const found = { ...(newest === undefined ? {} : { newest }), hosts };
  const cron = schedule === undefined ? undefined : parseCron(schedule);
  if (schedule === undefined || cron === undefined || typeof cron === 'string') return { next: [], ...found, problems: [] };
  const staleAfterMs = staleAfter(schedule, newest?.takenAt, now) ?? 0;
  const age = judgeNewest(schedule, newest?.takenAt, now);
  return {
    schedule,
    next: nextRuns(cron, now, 3).map((date) => date.toISOString()),
    staleAfterSeconds: staleAfterMs / 1000,
    ...found,
    problems: [...(age === undefined ? [] : [age]), ...hosts.flatMap(hostProblems)],
  };
}
