import { Cron as Croner } from 'croner';
import type { Cron } from '../cluster/cron.ts';

/** So many runs ahead tell the longest gap of any schedule that has one: a year of a weekly one. */
const horizon = 60;

/** The times after `from` at which a schedule is due. */
export function nextRuns({ minutes, hours, days, months, weekdays, either }: Cron, from: Date, count: number): readonly Date[] {
  // Lists and not the text: what the field means was decided once, in parseCron.
  const day = either || days.length < 31 ? days.join(',') : '*';
  const weekday = either || weekdays.length < 7 ? weekdays.join(',') : '*';
  const pattern = `${minutes.join(',')} ${hours.join(',')} ${day} ${months.join(',')} ${weekday}`;
  return new Croner(pattern, { timezone: 'UTC', domAndDow: !either, mode: '5-part' }).nextRuns(count, from);
}

/** The longest time between two runs of a schedule from now on: older than twice that, a backup is stale. */
export function longestGapMs(cron: Cron, from: Date): number {
  const times = nextRuns(cron, from, horizon).map((date) => date.getTime());
  return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}
