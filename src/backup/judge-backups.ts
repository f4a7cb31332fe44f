import type { BackupHost, BackupReport } from '../cluster/backup-status.ts';
import { type Cron, parseCron } from '../cluster/cron.ts';
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

/** undefined: the schedule is none. */
function cronOf(schedule: string | undefined): Cron | undefined {
  const cron = schedule === undefined ? undefined : parseCron(schedule);
  return typeof cron === 'string' ? undefined : cron;
}

/** Twice the longest time between two runs since the newest backup. */
function staleAfter(cron: Cron, takenAt: string | undefined, now: Date): number {
  return 2 * longestGapMs(cron, takenAt === undefined ? now : new Date(Math.min(now.getTime(), Date.parse(takenAt))));
}

function ageProblem(takenAt: string | undefined, staleAfterMs: number, now: Date): string | undefined {
  if (takenAt === undefined) return 'no host has a backup';
  if (now.getTime() - Date.parse(takenAt) <= staleAfterMs) return undefined;
  return `the newest backup is of ${takenAt}, older than twice the time between two runs`;
}

/** What is wrong with the age of the newest backup. @param now by the operator's clock */
export function judgeNewest(schedule: string, takenAt: string | undefined, now: Date): string | undefined {
  const cron = cronOf(schedule);
  return cron === undefined ? undefined : ageProblem(takenAt, staleAfter(cron, takenAt, now), now);
}

/** Whether backups are as the schedule promises. @param now by the operator's clock */
export function judgeBackups(schedule: string | undefined, hosts: readonly BackupHost[], now: Date): BackupReport {
  const newest = newestOf(hosts);
  const found = { ...(newest === undefined ? {} : { newest }), hosts };
  const cron = cronOf(schedule);
  if (schedule === undefined || cron === undefined) return { next: [], ...found, problems: [] };
  const staleAfterMs = staleAfter(cron, newest?.takenAt, now);
  const age = ageProblem(newest?.takenAt, staleAfterMs, now);
  return {
    schedule,
    next: nextRuns(cron, now, 3).map((date) => date.toISOString()),
    staleAfterSeconds: staleAfterMs / 1000,
    ...found,
    problems: [...(age === undefined ? [] : [age]), ...hosts.flatMap(hostProblems)],
  };
}
