import { beforeAll, describe, expect, test } from 'vitest';
import { runRollback, runUpgrade, type UpgradeChoices } from '../../src/app/run-upgrade.ts';
import { tellProgress } from '../../src/app/tell-progress.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { Version } from '../../src/cluster/version.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { UnconfirmedError, UnreachableError } from '../../src/errors.ts';
import { runningReleases } from '../../src/upgrade/running-releases.ts';
import { v } from '../upgrade/situation.ts';
import { type MemoryState, memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { everybody, runInitAgain } from './support/sweep-verb.ts';
import { choices } from './support/upgrade-choices.ts';

describe('an upgrade of a model cluster', { timeout: 120_000 }, () => {
  const load = useMirror();
  let cluster: Cluster;
  let origin: ModelCluster;
  let files: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const only = (whole: Cluster): Cluster => ({ ...whole, nodes: whole.nodes.filter(({ name }) => everybody.includes(name)) });
    for (const release of ['1.36.5', '1.37.1']) await load('three-control-planes.yaml', v(release));
    cluster = only(await load('three-control-planes.yaml', v('1.35.9')));
    origin = new ModelCluster(cluster);
    const state = memoryState();
    await runInitAgain(await openModelSession(origin, { state, cluster }));
    files = state.files;
  }, 60_000);

  /** A copy of the cluster at 1.35.9, and what goes on with it. */
  const begin = () => {
    const model = origin.copy();
    const state: MemoryState = memoryState(Object.fromEntries(files));
    const session = (inventory: Cluster = cluster) => openModelSession(model, { state, cluster: inventory });
    const releases = (component: string): readonly string[] => {
      const seen = new Map([...model.hosts].map(([name, host]) => [name, host.look()]));
      return runningReleases(seen).flatMap(({ component: found, node, version: { minor, patch } }) =>
        found === component ? [`${node} ${minor}.${patch}`] : [],
      );
    };
    const upgrade = async (to: Version, more: Partial<UpgradeChoices> = {}) =>
      (await runUpgrade(await session(), choices({ to, ...more }))).results;
    const rollback = async (more: Partial<UpgradeChoices> = {}) => runRollback(await session(), choices(more));
    const arrivedAt = async (to: Version, more: Partial<UpgradeChoices> = {}) =>
      (await runUpgrade(await session(), choices({ to, ...more }))).arrived;
    /** Killed once that many steps of a phase have ended. */
    const killAfter = async (phase: string, count: number): Promise<void> => {
      let left = count;
      const killed = { confirm: async () => undefined };
      const dying = await session();
      const emit = dying.emit;
      const watched = {
        ...dying,
        emit: (event: Parameters<typeof emit>[0]) => {
          if (event.type === 'step-finished' && event.step.phase === phase && --left === 0) model.stepsLeft = 0;
          emit(event);
        },
      };
      await expect(runUpgrade(watched, choices({ to: v('1.36.5'), ...killed }))).rejects.toThrow();
      model.stepsLeft = Number.POSITIVE_INFINITY;
    };
    return { model, session, releases, upgrade, rollback, arrivedAt, killAfter };
  };

  test('over two minors goes through each, asks at each, and makes one backup', async () => {
    const { model, releases, upgrade } = begin();
    const told: string[] = [];
    const results = await upgrade(v('1.37.1'), {
      confirm: async ({ steps }) => void told.push(`asked about ${steps.length > 0}`),
      backUp: async () => void told.push('backup'),
    });
    expect(results.map(({ applied }) => applied)).toEqual([true, true]);
    expect(told).toEqual(['asked about true', 'backup', 'asked about true']);
    expect(new Set(releases('kubelet').map((text) => text.split(' ')[1]))).toEqual(new Set(['37.1']));
    expect(new Set(releases('etcd').map((text) => text.split(' ')[1]))).toEqual(new Set(['7.3']));
    expect(model.etcd.broken).toEqual([]);
    expect([...model.nodes.values()].filter(({ spec }) => (spec as { unschedulable?: boolean }).unschedulable === true)).toEqual([]);
    expect((await upgrade(v('1.37.1'))).map(({ applied }) => applied)).toEqual([false]);
  });

  test('leaves on each host what runs, and the release before that', async () => {
    const { model, upgrade } = begin();
    const kept = (component: string): readonly string[] => {
      const paths = [...model.hosts.values()].flatMap(({ machine }) => [...machine.binaries.keys()]);
      return [...new Set(paths.flatMap((path) => new RegExp(`^/opt/kcluster/${component}/([^/]+)/`).exec(path)?.[1] ?? []))].sort();
    };
    await upgrade(v('1.36.5'));
    expect(kept('kubelet')).toEqual(['1.35.9', '1.36.5']);
    const [result] = await upgrade(v('1.37.1'));
    expect(result?.plan.steps.filter(({ phase }) => phase === 'releases/prune').map(({ node }) => node)).toEqual(everybody);
    expect(['kubelet', 'kube-apiserver', 'etcd'].map(kept)).toEqual([
      ['1.36.5', '1.37.1'],
      ['1.36.5', '1.37.1'],
      ['3.6.16', '3.7.3'],
    ]);
  });

  test('that was cut off among the nodes finishes that hop before the next one', async () => {
    const { releases, upgrade, killAfter } = begin();
    await killAfter('kubelet/run-cp-1', 1);
    expect(releases('kubelet')).toContain('cp-2 35.9');
    const results = await upgrade(v('1.37.1'));
    expect(results).toHaveLength(2);
    expect(results[0]?.plan.steps.map(({ phase }) => phase)).not.toContain('kube-apiserver/run');
    expect(new Set(releases('kubelet').map((text) => text.split(' ')[1]))).toEqual(new Set(['37.1']));
  });

  test('pauses after the first node, and goes on', async () => {
    const { releases, upgrade } = begin();
    await upgrade(v('1.36.5'), { pauseAfterFirst: true });
    expect(releases('kubelet')).toEqual(['cp-1 36.5', 'cp-2 35.9', 'cp-3 35.9', 'worker-1 35.9']);
    await upgrade(v('1.36.5'));
    expect(releases('kubelet')).toEqual(['cp-1 36.5', 'cp-2 36.5', 'cp-3 36.5', 'worker-1 36.5']);
  });

  test('of one component alone leaves all others as they run', async () => {
    const { releases, upgrade } = begin();
    const results = await upgrade(v('1.37.1'), { only: new Set(['etcd']), ignorePreflight: ['ComponentMatrix'] });
    expect(releases('etcd')).toEqual(['cp-1 7.3', 'cp-2 7.3', 'cp-3 7.3']);
    expect(new Set(releases('kube-apiserver').map((text) => text.split(' ')[1]))).toEqual(new Set(['35.9']));
    expect(results[0]?.plan.steps.map(({ phase }) => phase).filter((phase) => phase.startsWith('kube'))).toEqual([]);
  });

  test('stopped among the API servers is taken back', async () => {
    const { model, releases, rollback, killAfter } = begin();
    await killAfter('kube-apiserver/run', 1);
    expect(releases('kube-apiserver')).toEqual(['cp-1 35.9', 'cp-2 36.5', 'cp-3 35.9']);
    const { results, arrived } = await rollback();
    expect([results.map(({ applied }) => applied), arrived]).toEqual([[true], v('1.35.9')]);
    expect(releases('kube-apiserver')).toEqual(['cp-1 35.9', 'cp-2 35.9', 'cp-3 35.9']);
    expect(model.etcd.broken).toEqual([]);
    await expect(rollback()).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('no upgrade is under way') });
  });

  describe('that stops', () => {
    const warnings = (events: readonly RunEvent[]): readonly string[] =>
      events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event.text] : []));

    test('says what is new and what is not, and how to go on', async () => {
      const { session } = begin();
      const stopping = await session({ ...cluster, upgrade: { afterNode: 'exit 3' } });
      await expect(runUpgrade(stopping, choices({ to: v('1.36.5') }))).rejects.toMatchObject({ exitCode: 5 });
      const parts =
        'kube-apiserver, kube-controller-manager, kube-scheduler 1.36.5; kubelet, kube-proxy 1.36.5 on cp-1, 1.35.9 on cp-2, cp-3, worker-1';
      expect(warnings(stopping.events).at(-1)).toBe(`in use now: etcd 3.6.16; ${parts}; kcluster upgrade apply goes on`);
    });

    test('where there is a way back names that, too; of a host that is away it says so', async () => {
      const { session, killAfter, model } = begin();
      await killAfter('kube-apiserver/run', 1);
      const half = await session();
      await tellProgress(half);
      expect(warnings(half.events).at(-1)).toMatch(
        /kube-apiserver 1\.36\.5 on cp-2, 1\.35\.9 on cp-1, cp-3; .*goes on, kcluster upgrade rollback goes back to 1\.35\.9$/,
      );
      const gone = model.hosts.get('cp-2');
      if (gone === undefined) throw new Error('no cp-2');
      gone.run = async () => Promise.reject(new UnreachableError('no route', { node: 'cp-2' }));
      await tellProgress(half);
      expect(warnings(half.events).at(-1)).toMatch(/; no answer from cp-2; kcluster upgrade apply goes on$/);
    });

    test('before anything was begun says nothing of it', async () => {
      const { session } = begin();
      const unwanted = await session();
      const refusing = choices({ to: v('1.36.5'), confirm: () => Promise.reject(new UnconfirmedError('no')) });
      await expect(runUpgrade(unwanted, refusing)).rejects.toMatchObject({ exitCode: 9 });
      expect(warnings(unwanted.events)).toEqual([]);
    });
  });

  test('past the point of no return is not taken back', async () => {
    const { rollback, killAfter } = begin();
    await killAfter('kube-apiserver/run', 3);
    await expect(rollback()).rejects.toMatchObject({
      exitCode: 8,
      message: expect.stringContaining('every API server is of 1.36'),
      details: { remedy: expect.stringContaining('kcluster etcd snapshot restore') },
    });
  });

  test('has arrived only at the end of its way, and of all components', async () => {
    const { arrivedAt } = begin();
    expect(await arrivedAt(v('1.37.1'), { dryRun: true })).toBeUndefined();
    expect(await arrivedAt(v('1.37.1'), { pauseAfterFirst: true })).toBeUndefined();
    expect(await arrivedAt(v('1.37.1'))).toEqual(v('1.37.1'));
    expect(await arrivedAt(v('1.37.1'), { pauseAfterFirst: true })).toEqual(v('1.37.1'));
    expect(await arrivedAt(v('1.37.1'), { only: new Set(['etcd']) })).toBeUndefined();
  });

  test('backwards is refused', async () => {
    const { upgrade } = begin();
    await upgrade(v('1.36.5'));
    await expect(upgrade(v('1.35.9'))).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('is older than 1.36.5') });
  });
});
