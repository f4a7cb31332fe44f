import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../src/app/session.ts';
import type { EtcdReport } from '../../src/cluster/etcd-report.ts';
import EtcdDefrag from '../../src/commands/etcd/defrag.ts';
import EtcdMembers from '../../src/commands/etcd/members.ts';
import EtcdReclaim from '../../src/commands/etcd/reclaim.ts';
import EtcdStatus from '../../src/commands/etcd/status.ts';
import { UnreachableError } from '../../src/errors.ts';
import { type MemoryState, memoryState } from '../app/support/memory-state.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { ModelCluster } from '../app/support/model-cluster.ts';
import { openModelSession } from '../app/support/model-session.ts';
import { runInit } from '../app/support/run-init.ts';
import { runCommand } from './support/run-command.ts';

vi.mock('../../src/app/session.ts');
vi.setConfig({ testTimeout: 30_000 });

const load = useMirror();
let model: ModelCluster;
let state: MemoryState;
const names = ['cp-1', 'cp-2', 'cp-3'];

function open(hosts = model.hosts, unreachable: readonly UnreachableError[] = []): void {
  vi.mocked(openSession).mockImplementation(({ emit, signal, verb }: SessionOptions) =>
    openModelSession(model, { state, onEvent: emit, signal, verb, hosts, unreachable }),
  );
}

function fill(sizeMiB: number, inUseMiB: number): void {
  for (const name of names) Object.assign(model.etcd.rooms.roomOf(name), { sizeMiB, inUseMiB });
}

function stop(name: string): void {
  const unit = model.hosts.get(name)?.machine.units.get('etcd.service');
  if (unit !== undefined) model.hosts.get(name)?.machine.units.set('etcd.service', { ...unit, active: 'failed' });
}

async function found(inventory: string): Promise<void> {
  model = new ModelCluster(await load(inventory));
  state = memoryState();
  await runInit(model, state);
  model.done.length = 0;
  open();
}

beforeEach(() => found('three-control-planes.yaml'), 60_000);

describe('members and status', () => {
  test('all is well', async () => {
    const { code, out } = await runCommand(EtcdMembers);
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
      ['MEMBER', 'ROLE', 'STATE', 'IN INVENTORY'],
      ['cp-1', 'leader', 'healthy', 'yes'],
      ['cp-2', 'follower', 'healthy', 'yes'],
      ['cp-3', 'follower', 'healthy', 'yes'],
    ]);
    const status = await runCommand(EtcdStatus, '-o', 'wide');
    expect(status.code).toBe(0);
    expect(status.out).toMatch(/cp-1 +leader +healthy +3\.7\.3 +4\.0 MiB +4\.0 MiB +8\.0 GiB +0 % +0 B +0 +- +- /);
  });

  test('JSON and YAML say the same', async () => {
    const report = JSON.parse((await runCommand(EtcdStatus, '-o', 'json')).out) as EtcdReport;
    expect(report).toMatchObject({ hasQuorum: true, isGiven: false, findings: [] });
    expect((await runCommand(EtcdMembers, '-o', 'yaml')).out).toContain('hasQuorum: true\n');
  });

  test('a member is down: 5, and what to do', async () => {
    stop('cp-3');
    const { code, out } = await runCommand(EtcdStatus);
    expect(code).toBe(5);
    expect(out).toContain('error cp-3 is down [EtcdMember]\n  bring its host or its unit back');
  });

  test('quorum is lost: those that run still tell', async () => {
    stop('cp-2');
    stop('cp-3');
    const { code, out } = await runCommand(EtcdMembers);
    expect(code).toBe(5);
    expect(out).toContain('quorum is lost: 1 of 3 voting members healthy, 2 needed');
  });

  test('nobody answers', async () => {
    const error = new UnreachableError('connection refused', { node: 'cp-1' });
    open(new Map(), [error]);
    const { code, out } = await runCommand(EtcdMembers);
    expect(code).toBe(5);
    expect(out).toMatch(/cp-1 +- +unknown +yes +- +-/);
    expect(out).toContain('[EtcdSilent]');
  });

  test('no space: 5, and the way out', async () => {
    model.etcd.rooms.alarms = ['NOSPACE'];
    const { code, out } = await runCommand(EtcdStatus);
    expect(code).toBe(5);
    expect(out).toContain('(alarm NOSPACE): nothing can be written');
    expect(out).toContain('kcluster etcd reclaim makes room');
  });
});

describe('defrag', () => {
  test('nothing to do: says how much it would be', async () => {
    fill(100, 90);
    const { code, out } = await runCommand(EtcdDefrag);
    expect(code).toBe(0);
    expect(out).toContain('cp-2: 10 MiB of 100 MiB would be given back, 10 %\n');
    expect(out).toContain('nothing to do: it pays from more than 20 % of the file and 64 MiB on\n');
  });

  test('followers first, then the leader, out of the lead', async () => {
    fill(1000, 100);
    expect(await runCommand(EtcdDefrag, '--yes')).toMatchObject({
      code: 0,
      out: 'etcd is defragmented; kcluster etcd status shows its room\n',
    });
    expect(model.etcd.rooms.done).toEqual(['cp-2', 'cp-3', 'cp-1']);
    expect(model.done).toEqual([
      'etcd/defrag-cp-2@cp-2: etcd-defrag',
      'etcd/defrag-cp-3@cp-3: etcd-defrag',
      'etcd/defrag-cp-1@cp-1: etcd-move-leader',
      'etcd/defrag-cp-1@cp-1: etcd-defrag',
    ]);
    expect((await runCommand(EtcdDefrag)).out).toContain('nothing to do');
  });

  test('only those for which it pays, by the threshold that is given', async () => {
    fill(100, 95);
    Object.assign(model.etcd.rooms.roomOf('cp-3'), { inUseMiB: 80 });
    const { out } = await runCommand(EtcdDefrag, '--threshold', '10', '--least', '8', '--dry-run');
    expect(out).toContain('defragment etcd of cp-3: 100 MiB to about 80 MiB');
    expect(out).not.toContain('cp-1');
    expect(model.etcd.rooms.done).toEqual([]);
  });

  test('refused while a member is down, and while data differs', async () => {
    fill(1000, 100);
    stop('cp-3');
    expect(await runCommand(EtcdDefrag, '--yes')).toMatchObject({ code: 8, err: expect.stringContaining('MembersNotHealthy') });
    await found('three-control-planes.yaml');
    model.etcd.rooms.alarms = ['CORRUPT'];
    expect(await runCommand(EtcdDefrag, '--yes')).toMatchObject({ code: 8 });
    expect(model.etcd.rooms.done).toEqual([]);
  });

  test('asks first', async () => {
    fill(1000, 100);
    expect(await runCommand(EtcdDefrag)).toMatchObject({ code: 9 });
  });
});

describe('with one member', () => {
  test('says that the API is away, and for how long', async () => {
    await found('single.yaml');
    Object.assign(model.etcd.rooms.roomOf('node-1'), { sizeMiB: 3000, inUseMiB: 1024 });
    const { out } = await runCommand(EtcdDefrag, '--dry-run');
    expect(out).toContain('the API is away while the only member is defragmented: about 10 s for each GiB in use [ApiAway]');
    expect(out.match(/\[ApiAway\]/g)).toHaveLength(1);
    await runCommand(EtcdDefrag, '--yes');
    expect(model.etcd.rooms.done).toEqual(['node-1 as leader']);
  });
});

describe('reclaim', () => {
  const full = (historyMiB: number): void => {
    fill(64, 64);
    Object.assign(model.etcd.rooms, { quotaMiB: 64, alarms: ['NOSPACE'], historyMiB });
  };

  test('without the alarm there is nothing to do', async () => {
    fill(1000, 100);
    expect(await runCommand(EtcdReclaim)).toMatchObject({ code: 0, out: expect.stringContaining('nothing to do: no alarm NOSPACE') });
  });

  test('compacts, defragments one after the other, disarms', async () => {
    full(40);
    expect(await runCommand(EtcdReclaim, '--yes')).toMatchObject({ code: 0, out: expect.stringContaining('etcd takes writes again') });
    expect(model.etcd.rooms.done).toEqual(['cp-2', 'cp-3', 'cp-1']);
    expect(model.etcd.rooms.alarms).toEqual([]);
    expect(model.done.at(-1)).toBe('etcd/disarm@cp-1: etcd-disarm');
    expect((await runCommand(EtcdStatus)).code).toBe(0);
  });

  test('not enough: says what fills it, and the alarm stays', async () => {
    full(0);
    const { code, err } = await runCommand(EtcdReclaim, '--yes');
    expect(code).toBe(5);
    expect(err).toContain('cp-1 holds 64.0 MiB of 64.0 MiB');
    expect(err).toMatch(/7\.0 MiB +7 keys +\/fill/);
    expect(model.etcd.rooms.alarms).toEqual(['NOSPACE']);
  });
});

test('an etcd that others run is asked through its hosts, and left alone', async () => {
  await found('given-etcd.yaml');
  expect((await runCommand(EtcdStatus)).out).toContain('This etcd is run by others');
  for (const command of [EtcdDefrag, EtcdReclaim]) expect(await runCommand(command, '--yes')).toMatchObject({ code: 8 });
});
