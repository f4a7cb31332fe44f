import { runWorkflow } from '../../../src/app/run-workflow.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { Version } from '../../../src/cluster/version.ts';
import { initWorkflow } from '../../../src/workflows/init.ts';
import { v } from '../../upgrade/situation.ts';
import { type MemoryState, memoryState } from './memory-state.ts';
import { ModelCluster } from './model-cluster.ts';
import { type ModelSession, openModelSession } from './model-session.ts';
import { wanted } from './run-init.ts';

export const [oldRelease, newRelease] = [v('1.36.5'), v('1.37.1')] as const;

/** What an upgrade is asked for where nothing else is. */
export const asked = {
  to: newRelease,
  dryRun: false,
  ignorePreflight: [],
  maxUnavailable: '1',
  drain: { timeoutSeconds: 60, force: false },
  drainAlways: false,
  confirm: async () => undefined,
  backUp: async () => undefined,
} as const;

interface OldCluster {
  readonly model: ModelCluster;
  /** A session over a copy of the machines as they are before the upgrade, or over these. */
  session(model?: ModelCluster, more?: Partial<Cluster>): Promise<ModelSession>;
}

/** A cluster of the older release, three control planes and two workers if nothing else, with a mirror that holds both releases. */
export async function bringUpOld(
  load: (name: string, release?: Version) => Promise<Cluster>,
  name = 'three-control-planes.yaml',
): Promise<OldCluster> {
  await load(name);
  const whole = await load(name, oldRelease);
  const cluster: Cluster = { ...whole, nodes: whole.nodes.filter((node) => node.name !== 'worker-3') };
  const model = new ModelCluster(cluster);
  const state = memoryState();
  await runWorkflow(await openModelSession(model, { state }), initWorkflow, wanted);
  const made = state.files;
  const copyOfState = (): MemoryState => memoryState(Object.fromEntries(made));
  return {
    model,
    session: (of = model.copy(), more = {}) =>
      openModelSession(of, { state: copyOfState(), cluster: { ...cluster, kubernetesVersion: newRelease, ...more } }),
  };
}
