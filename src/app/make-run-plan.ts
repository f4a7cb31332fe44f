import { batchWidth } from '../cluster/batch-width.ts';
import { kubeletNodes, type NodeName } from '../cluster/cluster.ts';
import { planSteps } from '../engine/make-plan.ts';
import type { Workflow } from '../engine/phase.ts';
import type { Finding, Plan } from '../engine/plan.ts';
import type { Shelf } from './artifact-shelf.ts';
import { kclusterVersion } from './kcluster-version.ts';
import type { Look } from './look.ts';
import { renewBeforeDays } from './renew-before-days.ts';
import type { Session } from './session.ts';

/** The plan that follows from one look; the same look gives the same bytes. */
export function makeRunPlan(
  session: Session,
  workflow: Workflow,
  look: Look,
  shelf: Shelf,
  findings: readonly Finding[],
  maxUnavailable: string,
): Plan {
  const { cluster, secrets, inventorySha256 } = session;
  const now = new Date();
  const shared = { secrets: secrets.digests(), authorities: secrets.authorities(), now, renewBeforeDays };
  const context = (node: NodeName) => ({ ...shared, binary: shelf.binary(node), image: shelf.image(node) });
  return {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Plan',
    workflow: workflow.name,
    cluster: cluster.name,
    kclusterVersion,
    inventorySha256,
    nodes: [...session.hosts.keys()].sort(),
    findings,
    maxUnavailable,
    steps: planSteps({
      workflow,
      desired: look.desired,
      observations: look.observations,
      context,
      batchWidth: batchWidth(maxUnavailable, kubeletNodes(cluster).length),
    }),
  };
}
