import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type Session } from '../../../src/app/session.ts';
import EtcdBackupRun from '../../../src/commands/etcd/backup/run.ts';
import EtcdBackupStatus from '../../../src/commands/etcd/backup/status.ts';
import { ConnectionLostError, UnreachableError } from '../../../src/errors.ts';
import { FakeHost } from '../../../src/host/fake/fake-host.ts';
import { temporaryPlaces } from '../../app/support/temporary-place.ts';
import { sample, three } from '../../components/sample.ts';
import { runCommand } from '../support/run-command.ts';

vi.mock('../../../src/app/session.ts');

const newPlace = temporaryPlaces();
const keep = { last: 1, daily: 0, weekly: 0, monthly: 0 };
const cluster = sample(three, { etcd: { snapshots: { schedule: '@hourly', keep } } });
const timer = 'timer\tLoadState=loaded\ntimer\tActiveState=active\n';
const ran = (result: string, more = ''): string =>
  `status\tresult=${result}\nstatus\tended=2026-11-26T15:00:09Z\nstatus\tfailures=0\n${more}`;
const backups = (...hours: readonly string[]): string =>
  hours.map((hour) => `backup\tsample-20261126T${hour}0003Z-a\t20261126T${hour}0003Z\t1\t7\n`).join('');
const reading = /list-place\.sh/;
let hosts: Map<string, FakeHost>;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-26T15:30:00Z'), toFake: ['Date'] });
  hosts = new Map([
    ['a', new FakeHost('a').on(reading, { stdout: timer + ran('ok') + backups('13', '14', '15') })],
    ['b', new FakeHost('b').on(reading, { stdout: timer + ran('other', 'status\tby=a\n') })],
  ]);
  const session = {
    cluster,
    hosts,
    signal: new AbortController().signal,
    state: { path: (name: string) => path.join(newPlace(), name) },
    unreachable: [new UnreachableError('connection refused', { node: 'c' })],
    close: async () => undefined,
  };
  vi.mocked(openSession).mockResolvedValue(session as unknown as Session);
});
afterEach(() => vi.useRealTimers());

const hostOf = (name: string): FakeHost => hosts.get(name) ?? new FakeHost(name);

describe('status', () => {
  test('of hosts of which one is away', async () => {
    const { code, out, err } = await runCommand(EtcdBackupStatus);
    expect([code, err]).toEqual([0, 'Error: c: connection refused\n']);
    expect(out).toContain('newest: sample-20261126T150003Z-a on a, 29m old');
    expect(out).toMatch(/^b {6}active .* made by a /m);
    expect(out).toMatch(/^c {6}unreachable /m);
  });

  test('for programs', async () => {
    const { code, out } = await runCommand(EtcdBackupStatus, '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ schedule: '@hourly', staleAfterSeconds: 7_200, problems: [], newest: { node: 'a' } });
  });

  test.each<[string, string, string]>([
    ['too old', timer + ran('ok') + backups('13'), 'older than twice the time between two runs'],
    ['none', timer, 'no host has a backup'],
    ['a run that failed', timer + ran('failed', 'status\terror=no room\n') + backups('15'), 'a: the last run failed: no room'],
    ['a timer that is off', timer.replace('=active', '=inactive') + backups('15'), 'a: the timer is inactive'],
  ])('ends with 5: %s', async (_, stdout, problem) => {
    hostOf('a').on(reading, { stdout });
    const { code, out } = await runCommand(EtcdBackupStatus);
    expect([code, out]).toEqual([5, expect.stringContaining(`not well: ${problem}`.replace(/not well: (older)/, '$1'))]);
  });

  test('a host whose connection breaks is shown as away', async () => {
    hostOf('b').on(reading, new ConnectionLostError('broken', { node: 'b' }));
    const { code, out, err } = await runCommand(EtcdBackupStatus);
    expect([code, out]).toEqual([0, expect.stringMatching(/^b {6}unreachable /m)]);
    expect(err).toContain('b: broken');
  });
});

describe('run', () => {
  const starting = /systemctl start kcluster-backup\.service/;

  test('on the first control plane that answers', async () => {
    // c, the first of the inventory, does not.
    hostOf('a').on(starting, { stdout: `${ran('ok')}made\tsample-20261126T153001Z-a\n` });
    expect(await runCommand(EtcdBackupRun)).toMatchObject({ code: 0, out: 'a: made sample-20261126T153001Z-a\n' });
  });

  test('tells why it failed', async () => {
    hostOf('b').on(starting, { code: 1, stdout: ran('failed', 'status\terror=no room\n') });
    expect(await runCommand(EtcdBackupRun, '--node', 'b')).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^Error: b: the backup failed: no room\n/),
    });
  });

  test.each([
    ['w', 2, 'w is no control plane'],
    ['x', 2, 'x'],
    ['c', 4, 'c: connection refused'],
  ])('not on %s', async (node, status, message) => {
    const { code, err } = await runCommand(EtcdBackupRun, '--node', node);
    expect([code, err]).toEqual([status, expect.stringContaining(message)]);
  });

  test('not without a schedule on the host', async () => {
    hostOf('a').on(starting, { code: 3 });
    expect(await runCommand(EtcdBackupRun)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no backups are scheduled on this host'),
    });
  });
});
