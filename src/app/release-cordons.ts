import { nodesWithRole } from '../cluster/cluster.ts';
import { observeAll } from '../engine/observe.ts';
import { isCordonedByUpgrade } from '../phases/upgrade-phases.ts';
import { releaseWorkflow } from '../workflows/upgrade.ts';
import { runOnNodes } from './run-on-nodes.ts';
import type { Session } from './session.ts';

/** Lets nodes take pods again that an upgrade which stopped has cordoned: what they run is whole, old or new. */
export async function releaseCordons(session: Session): Promise<void> {
  const { cluster, hosts, signal } = session;
  const names = new Set(nodesWithRole(cluster, 'control-plane').map(({ name }) => name));
  const controlPlane = new Map([...hosts].filter(([name]) => names.has(name)));
  const { observations } = await observeAll(
    controlPlane,
    () => [{ kind: 'kube-nodes' }],
    () => undefined,
    { signal },
  );
  const live = [...observations.values()].find(({ kubeNodes }) => kubeNodes !== undefined)?.kubeNodes ?? new Map();
  const nodes = [...live].flatMap(([name, object]) => (isCordonedByUpgrade(object) ? [name] : [])).sort();
  if (nodes.length === 0) return;
  await runOnNodes(session, { workflow: releaseWorkflow(nodes), nodes }, { dryRun: false, confirm: async () => undefined });
}
