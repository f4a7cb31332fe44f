import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../../src/app/session.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import EtcdBackupDisable from '../../../src/commands/etcd/backup/disable.ts';
import EtcdBackupEnable from '../../../src/commands/etcd/backup/enable.ts';
import Init from '../../../src/commands/init.ts';
import { type MemoryState, memoryState } from '../../app/support/memory-state.ts';
import { useMirror } from '../../app/support/mirrored-inventory.ts';
import { ModelCluster } from '../../app/support/model-cluster.ts';
import { openModelSession } from '../../app/support/model-session.ts';
import { runInit } from '../../app/support/run-init.ts';
import { runCommand } from '../support/run-command.ts';

vi.mock('../../../src/app/session.ts');
vi.setConfig({ testTimeout: 30_000 });

const load = useMirror();
const timer = 'kcluster-backup.timer';
const directory = '/etc/kcluster/backup';
let model: ModelCluster;
let state: MemoryState;
let scheduled: Cluster;

/** @param cluster the inventory of the next command */
const openOver = (cluster: Cluster): void => {
  vi.mocked(openSession).mockImplementation(({ emit, signal, verb }: SessionOptions) =>
    openModelSession(model, { state, cluster, onEvent: emit, signal, verb }),
  );
};
const machines = () => [...model.hosts.values()].map(({ machine }) => machine);
const without = (cluster: Cluster): Cluster => {
  const { schedule: _, ...snapshots } = cluster.etcd.snapshots;
  return { ...cluster, etcd: { ...cluster.etcd, snapshots: { ...snapshots, copyTo: [] } } };
};

beforeEach(async () => {
  scheduled = await load('scheduled-backups.yaml');
  model = new ModelCluster(scheduled);
  state = memoryState();
  await runInit(model, state);
  model.done.length = 0;
  openOver(scheduled);
}, 60_000);

describe('a cluster that init brought up', () => {
  test('has its timers, and nothing to enable', async () => {
    for (const machine of machines()) expect(machine.units.get(timer)).toMatchObject({ active: 'active', enabled: 'enabled' });
    const { code, out } = await runCommand(EtcdBackupEnable);
    expect([code, out]).toEqual([0, expect.stringMatching(/^nothing to do: "15 \*\/6 \* \* \*" \(UTC\), next: .*, .*, /)]);
  });

  test('stops them until they are enabled again, and files stay', async () => {
    expect(await runCommand(EtcdBackupDisable)).toMatchObject({ code: 9 });
    const { code, out } = await runCommand(EtcdBackupDisable, '--yes');
    expect([code, out]).toEqual([0, 'stopped until the next kcluster init or kcluster etcd backup enable; backups stay\n']);
    expect(model.done).toEqual(['cp-1', 'cp-2', 'cp-3'].map((name) => `backup/stop@${name}: unit-end`));
    expect(machines().map(({ files }) => files.has(`${directory}/settings`))).toEqual([true, true, true]);
    expect(await runCommand(EtcdBackupDisable, '--yes')).toMatchObject({ code: 0, out: 'nothing to do\n' });
    expect(await runCommand(EtcdBackupEnable, '--yes')).toMatchObject({ code: 0, out: expect.stringMatching(/^scheduled: /) });
    for (const machine of machines()) expect(machine.units.get(timer)).toMatchObject({ active: 'active', enabled: 'enabled' });
  });

  test('enable changes the schedule and nothing else', async () => {
    openOver({ ...scheduled, etcd: { ...scheduled.etcd, snapshots: { ...scheduled.etcd.snapshots, schedule: '@hourly', copyTo: [] } } });
    machines()[0]?.remove('/etc/crictl.yaml');
    expect(await runCommand(EtcdBackupEnable, '--yes')).toMatchObject({ code: 0, out: expect.stringMatching(/^scheduled: "@hourly"/) });
    expect(new Set(model.done.map((step) => step.replace(/@.*/, '')))).toEqual(new Set(['backup/run']));
    for (const machine of machines()) {
      expect(machine.texts.get(`/etc/systemd/system/${timer}`)).toContain('OnCalendar=*-*-* *:00:00 UTC');
      expect([...machine.files.keys()].filter((path) => path.startsWith(`${directory}/target-`))).toEqual([]);
    }
  });

  test('that has no schedule any more: init takes all of it away', async () => {
    openOver(without(scheduled));
    expect(await runCommand(EtcdBackupEnable)).toMatchObject({
      code: 2,
      err: expect.stringContaining('the inventory has no cluster.etcd.snapshots.schedule'),
    });
    expect(await runCommand(Init, '--yes')).toMatchObject({ code: 0 });
    for (const machine of machines()) {
      expect(
        [...machine.files.keys()].filter((path) => path.startsWith(directory) || path.startsWith('/etc/systemd/system/kcluster-backup')),
      ).toEqual([]);
      expect(machine.units.get(timer)?.active ?? 'inactive').toBe('inactive');
    }
    model.done.length = 0;
    expect(await runCommand(Init, '--yes')).toMatchObject({ code: 0 });
    expect(model.done).toEqual([]);
  });
});
