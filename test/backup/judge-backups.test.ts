import { describe, expect, test } from 'vitest';
import { judgeBackups, judgeNewest } from '../../src/backup/judge-backups.ts';
import type { BackupHost, BackupRun } from '../../src/cluster/backup-status.ts';

const now = new Date('2026-11-26T15:30:00Z');
const run: BackupRun = { result: 'ok', startedAt: '2026-11-26T15:00:02Z', endedAt: '2026-11-26T15:00:09Z', failures: 0 };
const host = (node: string, takenAt: string | undefined, more: Partial<BackupHost> = {}): BackupHost => ({
  node,
  timer: 'active',
  lastRun: run,
  copies: [],
  backups: takenAt === undefined ? [] : [{ name: `c-${takenAt}-${node}`, takenAt, sizeBytes: 5, verified: true }],
  ...more,
});
const problemsOf = (hosts: readonly BackupHost[], schedule = '@hourly') => judgeBackups(schedule, hosts, now).problems;

test('all is well: the newest of all hosts, the next runs, and how old is too old', () => {
  const hosts = [host('a', '2026-11-26T14:00:05Z'), host('b', '2026-11-26T15:00:05Z')];
  expect(judgeBackups('@hourly', hosts, now)).toEqual({
    schedule: '@hourly',
    next: ['2026-11-26T16:00:00.000Z', '2026-11-26T17:00:00.000Z', '2026-11-26T18:00:00.000Z'],
    staleAfterSeconds: 7_200,
    newest: { name: 'c-2026-11-26T15:00:05Z-b', takenAt: '2026-11-26T15:00:05Z', sizeBytes: 5, verified: true, node: 'b' },
    hosts,
    problems: [],
  });
});

describe('not well', () => {
  const good = host('a', '2026-11-26T15:00:05Z');
  test.each<[string, readonly BackupHost[], readonly string[]]>([
    ['no backup', [host('a', undefined)], ['no host has a backup']],
    [
      'one that is damaged is none',
      [host('a', undefined, { backups: [{ name: 'c', takenAt: '2026-11-26T15:00:05Z', sizeBytes: 5, verified: false }] })],
      ['no host has a backup'],
    ],
    ['just young enough', [host('a', '2026-11-26T13:30:00Z')], []],
    [
      'too old',
      [host('a', '2026-11-26T13:29:59Z')],
      ['the newest backup is of 2026-11-26T13:29:59Z, older than twice the time between two runs'],
    ],
    [
      'a timer that is off',
      [good, host('b', undefined, { timer: 'inactive' })],
      ['b: the timer is inactive; kcluster etcd backup enable starts it'],
    ],
    ['hosts that are away', [good, host('b', undefined, { timer: 'unreachable' }), host('c', undefined, { timer: 'declared down' })], []],
    [
      'a run that failed',
      [good, host('b', undefined, { lastRun: { ...run, result: 'failed', error: 'no room', failures: 1 } })],
      ['b: the last run failed: no room'],
    ],
    [
      'runs that fail',
      [good, host('b', undefined, { lastRun: { ...run, result: 'failed', error: 'no room', failures: 3 } })],
      ['b: the last run failed, 3 times in a row: no room'],
    ],
    [
      'copies: the first is the error of the run',
      [
        host('a', '2026-11-26T15:00:05Z', {
          lastRun: { ...run, result: 'failed', error: 'no copy to /x: full', failures: 1 },
          copies: [
            { place: '/x', ok: false, at: '', error: 'full' },
            { place: '/y', ok: false, at: '', error: 'gone' },
            { place: '/z', ok: true, at: '' },
          ],
        }),
      ],
      ['a: the last run failed: no copy to /x: full', 'a: no copy to /y: gone'],
    ],
  ])('%s', (_, hosts, problems) => {
    expect(problemsOf(hosts)).toEqual(problems);
  });

  test('a weekend without runs is no reason', () => {
    const friday = host('a', '2026-11-20T03:00:05Z');
    const monday = new Date('2026-11-23T12:00:00Z');
    expect(judgeBackups('0 3 * * mon-fri', [friday], monday).problems).toEqual([]);
  });
});

test('without a schedule nothing is promised', () => {
  expect(judgeBackups(undefined, [host('a', undefined, { timer: 'not found' })], now)).toMatchObject({ next: [], problems: [] });
});

test.each([
  ['@hourly', '2026-11-26T15:00:05Z', undefined],
  ['@hourly', '2026-11-26T13:29:00Z', 'the newest backup is of 2026-11-26T13:29:00Z, older than twice the time between two runs'],
  ['@daily', '2026-11-26T13:29:00Z', undefined],
  ['@daily', undefined, 'no host has a backup'],
  ['none', undefined, undefined],
])('age alone, %s and %s', (schedule, takenAt, problem) => {
  expect(judgeNewest(schedule, takenAt, now)).toBe(problem);
});
