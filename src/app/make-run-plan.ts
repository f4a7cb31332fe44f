import { batchWidth } from '../cluster/batch-width.ts';
import { kubeletNodes, type NodeName } from '../cluster/cluster.ts';
import { planSteps } from '../engine/make-plan.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired, Workflow } from '../engine/phase.ts';
import type { Finding, Plan, Step } from '../engine/plan.ts';
import type { Shelf } from './artifact-shelf.ts';
import { giveBack } from './give-back.ts';
import { kclusterVersion } from './kcluster-version.ts';
import { renewBeforeDays } from './renew-before-days.ts';
import type { Session } from './session.ts';

/** The steps that bring the observed hosts to what is desired; the same two give the same steps. With another workflow than the verb's where one is given. */
export type PlanFor = (desired: Desired, observations: ReadonlyMap<NodeName, Observations>, other?: Workflow) => readonly Step[];

export function createPlanFor(session: Session, workflow: Workflow, shelf: Shelf, maxUnavailable: string): PlanFor {
  const { secrets } = session;
  const shared = { secrets: secrets.digests(), authorities: secrets.authorities(), now: new Date(), renewBeforeDays };
  const context = (node: NodeName) => ({ ...shared, binary: shelf.binary(node), image: shelf.image(node) });
  return (desired, observations, other = workflow) => {
    giveBack(observations.size);
    const width = batchWidth(maxUnavailable, kubeletNodes(desired.cluster).length);
    return planSteps({ workflow: other, desired, observations, context, batchWidth: width });
  };
}

interface Planned {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  readonly joining?: readonly NodeName[] | undefined;
  readonly maxUnavailable: string;
}

/** The steps in the frame that is shown and saved. */
export function makeRunPlan(session: Session, workflow: Workflow, { steps, findings, joining, maxUnavailable }: Planned): Plan {
  const { cluster, inventorySha256 } = session;
  return {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Plan',
    workflow: workflow.name,
    cluster: cluster.name,
    kclusterVersion,
    inventorySha256,
    nodes: [...session.hosts.keys()].sort(),
    ...(joining === undefined ? {} : { joining }),
    findings,
    maxUnavailable,
    steps,
  };
}
