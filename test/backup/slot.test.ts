import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { nextRuns } from '../../src/backup/schedule.ts';
import { type Cron, parseCron } from '../../src/cluster/cron.ts';

const awk = new URL('../../templates/backup/slot.awk', import.meta.url).pathname;

function slotsOf(cron: Cron, times: readonly Date[]): readonly string[] {
  const { minutes, hours, days, months, weekdays, either } = cron;
  const sets = Object.entries({ minutes, hours, days, months, weekdays }).map(([name, values]) => `-v ${name}=${values.join(',')}`);
  const lines = times.map(
    (time) =>
      `awk -v now="${time.toISOString().slice(0, 16).replace(/[-T:]/g, ' ')}" ${sets.join(' ')} -v either=${either ? 'yes' : 'no'} -f ${awk}`,
  );
  return spawnSync('/bin/sh', { input: lines.join('\n'), encoding: 'utf8' })
    .stdout.trimEnd()
    .split('\n');
}

const dateOf = (slot: string): Date => new Date(slot.replace(/^(....)(..)(..)T(..)(..)$/, '$1-$2-$3T$4:$5:00Z'));
const times = Array.from({ length: 12 }, (_, index) => new Date(Date.UTC(2024, 1, 27) + index * (97 * 86_400_000 + 45_296_000)));

test.each([
  '* * * * *',
  '15 */6 * * *',
  '@daily',
  '@weekly',
  '0 3 1,15 * *',
  '30 2 13 * fri',
  '0 0 29 2 *',
  '59 23 31 12 *',
  '*/7 4-6 */9 1-11/2 mon',
])('%s: an interval begins at the last time that it was due', (text) => {
  const cron = parseCron(text);
  if (typeof cron === 'string') throw new Error(cron);
  for (const [index, slot] of slotsOf(cron, times).entries()) {
    const [time = new Date(0), begun] = [times[index], dateOf(slot)];
    expect(begun.getTime()).toBeLessThanOrEqual(time.getTime());
    expect(nextRuns(cron, new Date(begun.getTime() - 1_000), 1)).toEqual([begun]);
    expect(nextRuns(cron, begun, 1)[0]?.getTime()).toBeGreaterThan(time.getTime());
  }
});
