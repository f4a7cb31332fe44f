import { type Cron, weekdayWords } from './cron.ts';

/** What `*` stands for need not be listed. */
function listOf(values: readonly number[], all: number, width = 2): string {
  return values.length === all ? '*' : values.map((value) => String(value).padStart(width, '0')).join(',');
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * The expressions of OnCalendar= that elapse at the same times; two where cron takes either day field.
 * In UTC, so that all hosts agree and no hour comes twice or never.
 */
export function onCalendar({ minutes, hours, days, months, weekdays, either }: Cron): readonly string[] {
  const time = `${listOf(hours, 24)}:${listOf(minutes, 60)}:00 UTC`;
  const names = weekdays.length === 7 ? '' : `${weekdays.map((day) => capital(weekdayWords[day] ?? '')).join(',')} `;
  const month = listOf(months, 12);
  const everyDay = `*-${month}-*`;
  const date = `*-${month}-${listOf(days, 31)}`;
  return either ? [`${date} ${time}`, `${names}${everyDay} ${time}`] : [`${names}${date} ${time}`];
}
