import { createHash } from 'node:crypto';
import { batchWidth } from '../cluster/batch-width.ts';
import { type ComponentName, kubeletNodes, type Node } from '../cluster/cluster.ts';
import { formatVersion, type Version } from '../cluster/version.ts';
import { unfinishedUnits } from '../engine/keep-before.ts';
import type { Workflow } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';
import type { Secrets } from '../engine/secrets.ts';
import { nameRelease } from '../inventory/name-release.ts';
import type { DrainOptions } from '../phases/node-drain.ts';
import { cordonedByUpgrade } from '../phases/upgrade-phases.ts';
import { preflight, preflightProbes } from '../preflight/preflight.ts';
import { startProbes } from '../upgrade/forecast-duration.ts';
import { judgeUpgrade } from '../upgrade/judge-upgrade.ts';
import { untilFirstTurn } from '../upgrade/node-turns.ts';
import { orderUpgrade } from '../upgrade/order-upgrade.ts';
import { runningReleases } from '../upgrade/running-releases.ts';
import type { UpgradeInput } from '../upgrade/upgrade-input.ts';
import { upgradeProbes } from '../upgrade/upgrade-probes.ts';
import { warnOfNoReturn } from '../upgrade/warn-of-no-return.ts';
import { rollbackWorkflow, upgradeLook, upgradeWorkflow } from '../workflows/upgrade.ts';
import { warnOfAbsent } from '../workflows/warn-of-absent.ts';
import { stockShelf } from './artifact-shelf.ts';
import type { Way } from './choose-way.ts';
import { warnOfGivenEtcd } from './given-etcd.ts';
import { guardMembership } from './guard-membership.ts';
import { type Look, lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { newestOwnBackup } from './newest-own-backup.ts';
import { type Planned, refusePlacement } from './run-workflow.ts';
import type { Session } from './session.ts';

export interface HopChoices {
  readonly ignorePreflight: readonly string[];
  readonly maxUnavailable: string;
  readonly drain: DrainOptions;
  /** Other patches of a kubelet are drained for, too. */
  readonly drainAlways: boolean;
  /** Nothing after the turn of the first node that has one. */
  readonly pauseAfterFirst?: boolean;
  /** Components that change; absent: all. */
  readonly only?: ReadonlySet<ComponentName>;
}

export type Direction = 'forward' | 'back';

/** The inventory that backups take along says what the cluster is then: restored with another release, its data could not be read. */
function secretsOf({ secrets }: Session, release: Version): Secrets {
  const name = 'backup-inventory';
  const text = secrets.get(name);
  const named = text === undefined ? undefined : nameRelease(text, formatVersion(release));
  if (named === undefined) return secrets;
  const digest = createHash('sha256').update(named).digest('hex');
  return {
    ...secrets,
    get: (asked) => (asked === name ? named : secrets.get(asked)),
    digests: () => new Map([...secrets.digests(), [name, digest]]),
  };
}

/** A session whose inventory wants this release of Kubernetes. */
export function sessionOf(session: Session, kubernetesVersion: Version): Session {
  return { ...session, cluster: { ...session.cluster, kubernetesVersion }, secrets: secretsOf(session, kubernetesVersion) };
}

function workflowOf(input: UpgradeInput, { etcdMembers: members }: Look, choices: HopChoices, direction: Direction): Workflow {
  const { observations, desired } = input;
  const order = orderUpgrade(input, {
    members,
    cordoned: new Set(cordonedByUpgrade(observations)),
    drainAlways: choices.drainAlways,
    batchWidth: batchWidth(choices.maxUnavailable, kubeletNodes(desired.cluster).length),
  });
  const make = direction === 'forward' ? upgradeWorkflow : rollbackWorkflow;
  return make({ ...order, drain: choices.drain });
}

export interface PlannedHop extends Planned {
  /** What the hop was judged by. */
  readonly input: UpgradeInput;
}

/** Looks at every host and plans one hop. @param session that of the hop, see `sessionOf` */
export async function planHop(session: Session, way: Way, choices: HopChoices, direction: Direction = 'forward'): Promise<PlannedHop> {
  const { cluster, secrets } = session;
  const probes = (node: Node) => [
    ...preflightProbes(cluster, node, secrets.authorities().get('cluster')),
    ...upgradeProbes(cluster, node),
    ...startProbes,
  ];
  const look = await lookAtHosts(session, upgradeLook(cluster), probes);
  refusePlacement(look.desired.placement.refusals);
  const ownBackup = await newestOwnBackup(session);
  const input: UpgradeInput = {
    desired: look.desired,
    observations: look.observations,
    running: runningReleases(look.observations),
    unfinished: new Map([...look.observations].map(([name, seen]) => [name, unfinishedUnits(seen)])),
    ...way,
    ...(ownBackup === undefined ? {} : { ownBackup }),
    now: new Date(),
  };
  const workflow = workflowOf(input, look, choices, direction);
  const shelf = await stockShelf(session, look.observations);
  const all = createPlanFor(session, workflow, shelf, choices.maxUnavailable)(look.desired, look.observations);
  const steps = choices.pauseAfterFirst === true ? untilFirstTurn(all) : all;
  const waived = new Set([...cluster.ignorePreflight, ...choices.ignorePreflight]);
  const findings: readonly Finding[] = [
    // Its checks know the order of the way there only; what forbids the way back was asked before.
    ...(direction === 'forward' ? [...judgeUpgrade(input, waived), ...warnOfNoReturn(input)] : []),
    ...preflight(look.desired, look.observations, waived),
    ...guardMembership(steps, look.etcdMembers),
    ...warnOfAbsent(look.desired),
    ...warnOfGivenEtcd(cluster, secrets, input.now),
  ];
  return { plan: makeRunPlan(session, workflow, { steps, findings, maxUnavailable: choices.maxUnavailable }), shelf, input };
}
