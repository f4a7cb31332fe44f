import { observeAll } from '../engine/observe.ts';
import { cordonedByUpgrade } from '../phases/upgrade-phases.ts';
import { releaseWorkflow } from '../workflows/upgrade.ts';
import { controlPlaneHosts } from './apply-plan.ts';
import { runOnNodes } from './run-on-nodes.ts';
import type { Session } from './session.ts';

/** Lets nodes take pods again that an upgrade which stopped has cordoned: what they run is whole, old or new. */
export async function releaseCordons(session: Session): Promise<void> {
  const { observations } = await observeAll(
    controlPlaneHosts(session),
    () => [{ kind: 'kube-nodes' }],
    () => undefined,
    { signal: session.signal },
  );
  const nodes = cordonedByUpgrade(observations);
  if (nodes.length === 0) return;
  await runOnNodes(session, { workflow: releaseWorkflow(nodes), nodes }, { dryRun: false, confirm: async () => undefined });
}
