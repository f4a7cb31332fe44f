import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { expired, type Kept } from '../../src/backup/retention.ts';
import type { SnapshotKeep } from '../../src/cluster/cluster.ts';

const none: SnapshotKeep = { last: 1, daily: 0, weekly: 0, monthly: 0 };
const now = new Date('2026-11-26T15:00:00Z');
/** `26T15` or `10-26T15`; `!` behind it: not verified. */
function kept(text: string): Kept {
  const [, month = '11', day, hour] = /^(?:(\d\d)-)?(\d\d)T(\d\d)/.exec(text) ?? [];
  return { name: text, takenAt: new Date(`2026-${month}-${day}T${hour}:00:00Z`), verified: !text.endsWith('!') };
}
const goes = (names: readonly string[], keep: Partial<SnapshotKeep> = {}): readonly string[] =>
  expired(names.map(kept), { ...none, ...keep }, now);

describe('what goes', () => {
  test.each<[string, readonly string[], Partial<SnapshotKeep>, readonly string[]]>([
    ['nothing of nothing', [], {}, []],
    ['not the only one', ['26T10'], {}, []],
    ['not the only one, although no class wants it', ['26T10'], { last: 0 }, []],
    ['the older of two', ['26T10', '26T11'], {}, ['26T10']],
    ['all but the newest three, oldest first', ['26T14', '26T10', '26T12', '26T11', '26T13'], { last: 3 }, ['26T10', '26T11']],
    ['not the newest of a day', ['24T01', '24T02', '25T01', '25T02', '26T01'], { daily: 2 }, ['24T01', '24T02', '25T01']],
    ['days without a backup take no place', ['10T01', '20T01', '26T01'], { daily: 3 }, []],
    // 2026-11-23 is a Monday.
    ['not the newest of a week', ['15T01', '16T01', '22T01', '23T01', '26T01'], { weekly: 2 }, ['15T01', '16T01', '23T01']],
    ['not the newest of a month', ['09-30T01', '10-01T01', '10-31T01', '26T01'], { monthly: 2 }, ['09-30T01', '10-01T01']],
    ['what one class wants stays', ['10-31T01', '24T01', '25T01', '26T01', '26T02'], { daily: 2, monthly: 2 }, ['24T01', '26T01']],
    ['one that is not good, once a newer one is', ['26T10!', '26T11'], {}, ['26T10!']],
    ['not one that is newer than all good ones', ['26T11', '26T12!'], {}, []],
    ['nothing while none is good', ['26T10!', '26T11!'], {}, []],
    ['not one that is not good while fewer newer ones are than stay', ['26T10!', '26T11', '26T12'], { last: 3 }, []],
    ['ones that are not good take no place', ['25T10', '26T10!', '26T11!'], { daily: 1 }, []],
    ['nothing for one from the future, which counts for nothing', ['26T10', '26T11', '26T23'], {}, ['26T10']],
    ['nothing when the clock fell behind all', ['27T10', '27T11', '28T10'], {}, []],
  ])('%s', (_, names, keep, expectation) => {
    expect(goes(names, keep)).toEqual(expectation);
  });
});

/** The same numbers each time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const spans = [3_600, 86_400, 30 * 86_400, 3 * 365 * 86_400];

function randomCase(seed: number): { readonly all: readonly Kept[]; readonly keep: SnapshotKeep; readonly now: Date } {
  const roll = dice(seed);
  const span = spans[roll(spans.length)] ?? 1;
  const at = Date.UTC(2024, roll(24), 1 + roll(28), roll(24), roll(60));
  const all = Array.from({ length: roll(25) }, (_, index) => ({
    name: `c-${roll(3)}-${index}`,
    takenAt: new Date(at - (roll(span) - Math.floor(span / 10)) * 1000),
    verified: roll(4) !== 0,
  }));
  return { all, keep: { last: 1 + roll(4), daily: roll(5), weekly: roll(4), monthly: roll(4) }, now: new Date(at) };
}

const stamp = (date: Date): string => date.toISOString().replace(/[-:]|\.000/g, '');

test('never the last good one, and nothing without a newer good one', () => {
  for (let seed = 0; seed < 5_000; seed += 1) {
    const { all, keep, now: at } = randomCase(seed);
    const gone = new Set(expired(all, keep, at));
    const good = all.filter(({ verified, takenAt }) => verified && takenAt <= at);
    const stays = good.filter(({ name }) => !gone.has(name));
    if (good.length > 0) expect(stays.length, `seed ${seed}`).toBeGreaterThan(0);
    const newest = Math.max(...stays.map(({ takenAt }) => takenAt.getTime()));
    for (const { name, takenAt } of all) {
      if (gone.has(name)) expect(takenAt.getTime(), `seed ${seed} ${name}`).toBeLessThanOrEqual(newest);
    }
    // What was decided once stays decided: a second run finds nothing more.
    expect(
      expired(
        all.filter(({ name }) => !gone.has(name)),
        keep,
        at,
      ),
      `seed ${seed}`,
    ).toEqual([]);
  }
});

const awk = new URL('../../templates/backup/retention.awk', import.meta.url).pathname;

test('hosts answer the same', () => {
  const cases = Array.from({ length: 3_000 }, (_, index) => randomCase(index + 100_000));
  // One shell for all of them: a process each would take a minute.
  const script = cases.map(({ all, keep, now: at }) => {
    const input = all.map(({ name, takenAt, verified }) => `${name}\t${stamp(takenAt)}\t${verified ? 1 : 0}\n`).join('');
    const variables = Object.entries({ ...keep, now: stamp(at) }).map(([name, value]) => `-v ${name}=${value}`);
    return `awk ${variables.join(' ')} -f ${awk} <<'end'\n${input}end\necho =`;
  });
  const { stdout, stderr } = spawnSync('/bin/sh', { input: script.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(stderr).toBe('');
  const answers = stdout.split('=\n').slice(0, -1);
  expect(answers.length).toBe(cases.length);
  let deleted = 0;
  for (const [index, { all, keep, now: at }] of cases.entries()) {
    const names = expired(all, keep, at);
    deleted += names.length;
    expect(answers[index], `case ${index}`).toBe(names.map((name) => `${name}\n`).join(''));
  }
  expect(deleted).toBeGreaterThan(1_000);
});
