import { expect, test } from 'vitest';
import type { BackupReport } from '../../src/cluster/backup-status.ts';
import { describeBackups } from '../../src/ui/describe-backups.ts';
import { describeExpired } from '../../src/ui/describe-expired.ts';

const now = new Date('2026-11-26T15:30:00Z');
const backup = { name: 'c-20261126T150003Z-a', takenAt: '2026-11-26T15:00:03Z', sizeBytes: 70_000, verified: true };
const report: BackupReport = {
  schedule: '@hourly',
  next: ['2026-11-26T16:00:00.000Z', '2026-11-26T17:00:00.000Z', '2026-11-26T18:00:00.000Z'],
  staleAfterSeconds: 7_200,
  newest: { ...backup, node: 'a' },
  hosts: [
    {
      node: 'a',
      timer: 'active',
      next: '2026-11-26T16:03:10Z',
      lastRun: { result: 'failed', startedAt: '', endedAt: '2026-11-26T15:00:09Z', error: 'no copy to /srv/a: full', failures: 2 },
      copies: [
        { place: '/srv/a', ok: false, at: '2026-11-26T15:00:08Z', error: 'full' },
        { place: 's3://b/c', ok: true, at: '2026-11-26T15:00:09Z' },
      ],
      backups: [backup, { ...backup, name: 'x', verified: false }],
    },
    {
      node: 'b',
      timer: 'active',
      lastRun: { result: 'other', by: 'a', startedAt: '', endedAt: '2026-11-26T15:00:20Z', failures: 0 },
      copies: [],
      backups: [],
    },
    { node: 'c', timer: 'unreachable', copies: [], backups: [] },
  ],
  problems: ['a: the last run failed, 2 times in a row: no copy to /srv/a: full'],
};

test('a schedule, its hosts, its copies, and what is wrong', () => {
  expect(describeBackups(report, now)).toMatchInlineSnapshot(`
    "schedule "@hourly" (UTC), next: 2026-11-26 16:00, 2026-11-26 17:00, 2026-11-26 18:00
    newest: c-20261126T150003Z-a on a, 29m old, 68 KiB

    NODE   TIMER         NEXT (UTC)         LAST RUN   RESULT      FAILURES   NEWEST    SIZE     KEPT
    a      active        2026-11-26 16:03   29m ago    failed      2          29m ago   68 KiB   2, 1 damaged
    b      active        -                  29m ago    made by a   0          -         -        0
    c      unreachable   -                  -          -           -          -         -        0

    COPIES TO   LAST BY   RESULT   WHEN      WHY
    /srv/a      a         failed   29m ago   full
    s3://b/c    a         copied   29m ago   -

    not well: a: the last run failed, 2 times in a row: no copy to /srv/a: full
    "
  `);
});

test('nothing of it', () => {
  expect(describeBackups({ next: [], hosts: [], problems: [] }, now)).toMatch(
    /^no schedule: backups are made by hand only\nnewest: none\n/,
  );
});

test('what goes', () => {
  expect(describeExpired([{ place: 'cp-1', backup }], now)).toMatchInlineSnapshot(`
    "PLACE   BACKUP                 AGE   SIZE     WHOLE
    cp-1    c-20261126T150003Z-a   29m   68 KiB   yes
    "
  `);
  expect(describeExpired([], now)).toBe('nothing to do: the inventory keeps every backup that is there\n');
});
