import { expect, test } from 'vitest';
import { readHostAnswer } from '../../src/backup/read-host-answer.ts';

const answer = `timer\tLoadState=loaded
timer\tActiveState=active
timer\tNextElapseUSecRealtime=Thu 2026-11-26 16:00:00 UTC
timer\tLastTriggerUSec=Thu 2026-11-26 15:00:03 UTC
status\tresult=failed
status\tslot=20261126T1500
status\tstarted=2026-11-26T15:00:03Z
status\tended=2026-11-26T15:00:09Z
status\tfailures=2
status\terror=no copy to /srv/a: x=y
status\tmade=c-20261126T150003Z-a
status\tby=
status\ttarget0=failed\t/srv/a\t2026-11-26T15:00:08Z\tx=y
status\ttarget1=ok\ts3://b/c\t2026-11-26T15:00:09Z
backup\tc-20261126T140003Z-a\t20261126T140003Z\t0\t3
backup\tc-20261126T150003Z-a\t20261126T150003Z\t1\t70000
`;

test('what a host says', () => {
  expect(readHostAnswer('a', answer)).toEqual({
    node: 'a',
    timer: 'active',
    next: '2026-11-26T16:00:00Z',
    lastTrigger: '2026-11-26T15:00:03Z',
    lastRun: {
      result: 'failed',
      startedAt: '2026-11-26T15:00:03Z',
      endedAt: '2026-11-26T15:00:09Z',
      error: 'no copy to /srv/a: x=y',
      failures: 2,
    },
    copies: [
      { place: '/srv/a', ok: false, at: '2026-11-26T15:00:08Z', error: 'x=y' },
      { place: 's3://b/c', ok: true, at: '2026-11-26T15:00:09Z' },
    ],
    backups: [
      { name: 'c-20261126T150003Z-a', takenAt: '2026-11-26T15:00:03Z', sizeBytes: 70_000, verified: true },
      { name: 'c-20261126T140003Z-a', takenAt: '2026-11-26T14:00:03Z', sizeBytes: 3, verified: false },
    ],
  });
});

test('a host without a schedule', () => {
  const silent = 'timer\tLoadState=not-found\ntimer\tActiveState=inactive\ntimer\tNextElapseUSecRealtime=\ntimer\tLastTriggerUSec=\n';
  expect(readHostAnswer('a', silent)).toEqual({ node: 'a', timer: 'not found', copies: [], backups: [] });
});

test('a run that left it to another host', () => {
  const other = 'status\tresult=other\nstatus\tstarted=s\nstatus\tended=e\nstatus\tfailures=0\nstatus\tby=b\n';
  expect(readHostAnswer('a', other).lastRun).toEqual({ result: 'other', startedAt: 's', endedAt: 'e', by: 'b', failures: 0 });
});

test('a status file that is half there is none', () => {
  expect(readHostAnswer('a', 'status\tslot=20261126T1500\n')).not.toHaveProperty('lastRun');
});
