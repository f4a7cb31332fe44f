import { parseCron } from '../cluster/cron.ts';
import { nextRuns } from './schedule.ts';

/** A schedule and its next three runs in a line. */
export function describeSchedule(schedule: string, now: Date): string {
  const cron = parseCron(schedule);
  const times = typeof cron === 'string' ? [] : nextRuns(cron, now, 3).map((time) => time.toISOString().slice(0, 16).replace('T', ' '));
  return `"${schedule}" (UTC), next: ${times.join(', ')}`;
}
