import { beforeAll, describe, expect, test } from 'vitest';
import { runWorkflow } from '../../../src/app/run-workflow.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { Version } from '../../../src/cluster/version.ts';
import type { Plan } from '../../../src/engine/plan.ts';
import { initWorkflow } from '../../../src/workflows/init.ts';
import { type MemoryState, memoryState } from './memory-state.ts';
import { useMirror } from './mirrored-inventory.ts';
import { ModelCluster } from './model-cluster.ts';
import { pictureOf } from './model-picture.ts';
import { type ModelSession, openModelSession } from './model-session.ts';
import { wanted } from './run-init.ts';

/** Cuts in the middle of a step are tried at each so many actions; the ends of steps are all tried. */
const every = Number(process.env.SWEEP_EVERY ?? 17);

export interface Verb {
  readonly what: string;
  /** Nodes that are there before; none: bare hosts. */
  readonly before: readonly string[];
  readonly run: (session: ModelSession) => Promise<{ readonly plan: Plan }>;
  /** Release of Kubernetes that is there before; absent: that of the inventory. */
  readonly release?: Version;
  /** The inventory that the verb is given. */
  readonly inventory?: (cluster: Cluster) => Cluster;
  /** Goes through its list from the start each time: each killed run is let a little further than the one before. */
  readonly startsOver?: true;
  /** There is no etcd afterwards. */
  readonly endsCluster?: true;
}

export const controlPlanes = ['cp-1', 'cp-2', 'cp-3'];
export const everybody = [...controlPlanes, 'worker-1'];

export const runInitAgain: Verb['run'] = (session) => runWorkflow(session, initWorkflow, wanted);

const only = (cluster: Cluster, names: readonly string[]): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.filter(({ name }) => names.includes(name)),
});

/**
 * Tests of a verb on three control planes and a worker: killed after each of its steps, cut in the middle of them, killed again
 * and again. However it was stopped, the next run ends where an undisturbed one does, and etcd never lost what it must not lose.
 */
export function sweepVerb({ what, before, run, inventory = (given) => given, ...verb }: Verb): void {
  describe(what, { timeout: 600_000 }, () => {
    const load = useMirror();
    let cluster: Cluster;
    let origin: ModelCluster;
    let made: ReadonlyMap<string, string>;
    let undisturbed: { readonly plan: Plan; readonly actions: number; readonly picture: ReturnType<typeof pictureOf> };

    const state = (): MemoryState => memoryState(Object.fromEntries(made));
    const go = async (model: ModelCluster, kept: MemoryState): Promise<Plan> =>
      (await run(await openModelSession(model, { state: kept, cluster: inventory(cluster) }))).plan;

    beforeAll(async () => {
      await load('three-control-planes.yaml');
      cluster = only(await load('three-control-planes.yaml', verb.release), everybody);
      origin = new ModelCluster(cluster);
      origin.etcd.mayEnd = verb.endsCluster === true;
      const first = memoryState();
      if (before.length > 0) {
        const hosts = new Map([...origin.hosts].filter(([name]) => before.includes(name)));
        await runInitAgain(await openModelSession(origin, { state: first, cluster: only(cluster, before), hosts }));
      }
      made = first.files;
      const model = origin.copy();
      const plan = await go(model, state());
      expect(model.etcd.broken).toEqual([]);
      undisturbed = { plan, actions: model.done.length, picture: pictureOf(model) };
    }, 60_000);

    /** Runs again after the cut: that run comes to its end, a third one has nothing to do, and all is as without the cut. */
    async function finish(model: ModelCluster, kept: MemoryState): Promise<void> {
      model.stepsLeft = Number.POSITIVE_INFINITY;
      model.actionsLeft = Number.POSITIVE_INFINITY;
      await go(model, kept);
      expect((await go(model, kept)).steps.map(({ id }) => id)).toEqual([]);
      expect(pictureOf(model)).toEqual(undisturbed.picture);
      expect(model.etcd.broken).toEqual([]);
    }

    test('killed after each of its steps, the next run finishes it', async () => {
      // A step that only waits is nothing to be killed behind.
      const doing = undisturbed.plan.steps.filter(({ actions }) => actions.length > 0).length;
      for (let steps = 0; steps < doing; steps++) {
        const model = origin.copy();
        const kept = state();
        model.stepsLeft = steps;
        await expect(go(model, kept), `killed after ${steps} steps`).rejects.toThrow();
        await finish(model, kept).catch((cause) => {
          throw new Error(`killed after ${steps} steps`, { cause });
        });
      }
    });

    test('cut off in the middle of steps, the next run finishes it', async () => {
      for (let actions = 0; actions < undisturbed.actions; actions += every) {
        const model = origin.copy();
        const kept = state();
        model.actionsLeft = actions;
        await expect(go(model, kept), `cut after ${actions} actions`).rejects.toThrow();
        await finish(model, kept).catch((cause) => {
          throw new Error(`cut after ${actions} actions`, { cause });
        });
      }
    });

    test('killed again and again, one step further each time, it comes to its end', async () => {
      const model = origin.copy();
      const kept = state();
      let kills = 0;
      for (; kills < 200; kills++) {
        model.stepsLeft = verb.startsOver === true ? kills + 1 : 1;
        const ended = await go(model, kept).then(
          () => true,
          () => false,
        );
        expect(model.etcd.broken).toEqual([]);
        if (ended) break;
      }
      expect(kills).toBeLessThanOrEqual(undisturbed.plan.steps.length);
      await finish(model, kept);
    });
  });
}
