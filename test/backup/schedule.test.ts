import { expect, test } from 'vitest';
import { describeSchedule } from '../../src/backup/describe-schedule.ts';
import { longestGapMs, nextRuns } from '../../src/backup/schedule.ts';
import { type Cron, parseCron } from '../../src/cluster/cron.ts';

const cronOf = (text: string): Cron => {
  const cron = parseCron(text);
  if (typeof cron === 'string') throw new Error(cron);
  return cron;
};
const from = new Date('2026-11-26T15:00:00Z');

test.each([
  // A run that is due now has begun: the next one is later.
  ['0 * * * *', ['2026-11-26T16:00:00.000Z', '2026-11-26T17:00:00.000Z', '2026-11-26T18:00:00.000Z']],
  ['@daily', ['2026-11-27T00:00:00.000Z', '2026-11-28T00:00:00.000Z', '2026-11-29T00:00:00.000Z']],
  ['0 0 1 * fri', ['2026-11-27T00:00:00.000Z', '2026-12-01T00:00:00.000Z', '2026-12-04T00:00:00.000Z']],
  ['0 0 */2 * fri', ['2026-11-27T00:00:00.000Z', '2026-12-11T00:00:00.000Z', '2026-12-25T00:00:00.000Z']],
  ['0 0 29 2 *', ['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z', '2036-02-29T00:00:00.000Z']],
  // Hours that clocks skip or repeat are hours like others in UTC.
  ['30 1 29 3 *', ['2027-03-29T01:30:00.000Z', '2028-03-29T01:30:00.000Z', '2029-03-29T01:30:00.000Z']],
])('the next three runs of %s', (text, times) => {
  expect(nextRuns(cronOf(text), from, 3).map((date) => date.toISOString())).toEqual(times);
});

const hour = 3_600_000;

test.each([
  ['* * * * *', hour / 60],
  ['@hourly', hour],
  ['0 8-18 * * *', 14 * hour],
  ['0 0 * * mon-fri', 72 * hour],
  ['@weekly', 168 * hour],
  ['@monthly', 31 * 24 * hour],
])('the longest gap of %s', (text, gapMs) => {
  expect(longestGapMs(cronOf(text), from)).toBe(gapMs);
});

test('in a line', () => {
  expect(describeSchedule('@daily', from)).toBe('"@daily" (UTC), next: 2026-11-27 00:00, 2026-11-28 00:00, 2026-11-29 00:00');
});
