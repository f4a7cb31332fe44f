import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { nextRuns } from '../../src/backup/schedule.ts';
import { type Cron, parseCron } from '../../src/cluster/cron.ts';
import { onCalendar } from '../../src/cluster/on-calendar.ts';

const table: readonly (readonly [string, readonly string[]])[] = [
  ['* * * * *', ['*-*-* *:*:00 UTC']],
  ['30 3 * * *', ['*-*-* 03:30:00 UTC']],
  ['*/20 1-5/2 * * *', ['*-*-* 01,03,05:00,20,40:00 UTC']],
  ['0 6 1 JAN-mar *', ['*-01,02,03-01 06:00:00 UTC']],
  ['0 6 * * Mon,7', ['Sun,Mon *-*-* 06:00:00 UTC']],
  // Either day: the thirteenth, and every Friday.
  ['0 0 13 * 5', ['*-*-13 00:00:00 UTC', 'Fri *-*-* 00:00:00 UTC']],
  ['0 0 */10 6 1', ['Mon *-06-01,11,21,31 00:00:00 UTC']],
  ['0 0 1-31 * 0-6', ['*-*-* 00:00:00 UTC', '*-*-* 00:00:00 UTC']],
  ['@yearly', ['*-01-01 00:00:00 UTC']],
];
const cronOf = (text: string): Cron => {
  const cron = parseCron(text);
  if (typeof cron === 'string') throw new Error(cron);
  return cron;
};

test.each(table)('%s', (text, lines) => {
  expect(onCalendar(cronOf(text))).toEqual(lines);
});

const from = '2026-11-26 15:04:30 UTC';
const count = 12;

/** What systemd itself makes of a line. */
function elapses(line: string): readonly string[] {
  const { stdout } = spawnSync('systemd-analyze', ['calendar', `--iterations=${count}`, `--base-time=${from}`, line], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  const found = stdout.match(/(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w{3} (\S+ \S+) UTC/g) ?? [];
  return found.map((entry) => entry.replace(/.*: \w{3} (\S+) (\S+) UTC/, '$1T$2.000Z'));
}

const canAsk = spawnSync('systemd-analyze', ['calendar', `--base-time=${from}`, '*-*-* 00:00:00 UTC']).status === 0;

describe('systemd elapses when cron would run', () => {
  const more = ['17 */5 2-28/3 * *', '0 12 31 * *', '0 0 29 2 *', '5 4 * * sun', '59 23 31 12 *', '0 0 1,15 */2 1-5', '*/13 7 13 * fri'];
  test.skipIf(!canAsk && process.env.CI === undefined).each([...table.map(([text]) => text), ...more])('%s', (text) => {
    const cron = cronOf(text);
    const asked = [...new Set(onCalendar(cron).flatMap(elapses))].sort().slice(0, count);
    expect(asked).toEqual(nextRuns(cron, new Date(from.replace(' ', 'T').replace(' UTC', 'Z')), count).map((date) => date.toISOString()));
  });
});
