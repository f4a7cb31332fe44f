import { selectVersions } from '../artifacts/select-versions.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { orderDefrag, paysToDefrag, type Room, secondsPerGibibyte, successorOf, type Threshold } from '../cluster/etcd-room.ts';
import type { Member } from '../cluster/quorum.ts';
import { collectFailures } from '../engine/failures.ts';
import type { LiveMembers } from '../engine/live-members.ts';
import type { Workflow } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';
import { RefusedError, StoppedError, UnreachableError } from '../errors.ts';
import type { CareOptions, DefragTarget, Reclaiming } from '../phases/etcd-care.ts';
import { defragWorkflow, reclaimWorkflow } from '../workflows/etcd-care.ts';
import { place } from '../workflows/place.ts';
import { desire } from './desire.ts';
import { emptyShelf } from './empty-shelf.ts';
import { explainFullEtcd } from './explain-full-etcd.ts';
import { guardMembership } from './guard-membership.ts';
import { type EtcdLook, lookAtEtcd } from './look-at-etcd.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { type RunChoices, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';

const oneAtATime = '1';

function refuseGiven({ cluster }: Session): void {
  if (cluster.etcd.given === undefined) return;
  throw new RefusedError('this etcd is run by others: kcluster changes nothing in it', {
    remedy: 'tell whoever runs it; kcluster etcd status shows what its members say',
  });
}

/** @throws KclusterError when nobody answers, or when a member is not well enough for any other to be away */
function requireWell(session: Session, { live, report, failures }: EtcdLook): LiveMembers {
  if (live === undefined) {
    const away = [...session.unreachable, ...failures];
    if (away.length > 0) throw collectFailures(away, 'no connection');
    throw new StoppedError('no member of etcd answers', { remedy: 'kcluster status says what is wrong, kcluster init brings it back' });
  }
  if (!live.alarms.some(({ kind }) => kind === 'CORRUPT')) return live;
  const found = report.findings.find(({ id, message }) => id === 'EtcdAlarm' && message.includes('CORRUPT'));
  throw new RefusedError(found?.message ?? 'members of etcd hold different data', { remedy: found?.remedy ?? 'find out which is right' });
}

function roomOf({ statuses }: LiveMembers, { id }: Member): Room | undefined {
  const status = statuses.get(id);
  return status === undefined ? undefined : { sizeBytes: status.dbSizeBytes, inUseBytes: status.dbSizeInUseBytes };
}

/** Where the member lives. @throws KclusterError when its host cannot be asked */
function hostOf(session: Session, look: EtcdLook, { id, name }: Member): string {
  const node = [...look.observations].find(([, { etcd }]) => etcd?.memberId === id)?.[0];
  if (node !== undefined) return node;
  const error = [...session.unreachable, ...look.failures].find(({ details }) => details.node === name);
  if (error !== undefined) throw error;
  if (nodesWithRole(session.cluster, 'etcd').some((known) => known.name === name)) {
    throw new UnreachableError('its member of etcd cannot be asked on its own host', {
      node: name,
      remedy: 'take state: down away in the inventory when the host is back',
    });
  }
  throw new RefusedError(`etcd member ${name || id} is not in the inventory, so its host is not known`, {
    remedy: 'put the node into the inventory, or take it out of etcd with kcluster nodes remove',
  });
}

/** @param wants which members are to be done */
function targetsOf(session: Session, look: EtcdLook, live: LiveMembers, wants: (room: Room) => boolean): readonly DefragTarget[] {
  const successor = successorOf(live.members);
  return orderDefrag(live.members).flatMap((member) => {
    const room = roomOf(live, member);
    if (room === undefined || !wants(room)) return [];
    const heir = member.isLeader && successor !== undefined ? { successor } : {};
    return [{ ...room, node: hostOf(session, look, member), member, ...heir }];
  });
}

/** How long the API is away, where nobody else could answer meanwhile. */
function warnOfAway(targets: readonly DefragTarget[], isAlone: boolean): readonly Finding[] {
  const [target] = targets;
  if (!isAlone || target === undefined) return [];
  const message = `the API is away while the only member is defragmented: about ${secondsPerGibibyte} s for each GiB in use`;
  return [
    {
      id: 'ApiAway',
      node: target.node,
      severity: 'warning',
      message,
      remedy: 'choose a quiet time; run three members to have none of this',
    },
  ];
}

interface Care {
  /** Which members are to be done; none: there is nothing to do. */
  readonly wants: (room: Room, live: LiveMembers) => boolean;
  readonly reclaim?: Reclaiming;
  readonly workflow: (targets: readonly DefragTarget[], options: CareOptions) => Workflow;
}

type Choices = Pick<RunChoices, 'dryRun' | 'confirm'>;

/** Plans for the members as they are now, and carries it out; each step asks again whether all are well. */
function carryOut(session: Session, care: Care, choices: Choices, onLook: (look: EtcdLook) => void): Promise<RunResult> {
  refuseGiven(session);
  return runPlanned(session, choices, async () => {
    const look = await lookAtEtcd(session);
    onLook(look);
    const live = requireWell(session, look);
    const voters = live.members.filter(({ isLearner }) => !isLearner);
    const isAlone = voters.length === 1;
    const targets = targetsOf(session, look, live, (room) => care.wants(room, live));
    const endpoints = voters.flatMap(({ clientURLs }) => clientURLs);
    const options: CareOptions = { endpoints, isAlone, ...(care.reclaim === undefined ? {} : { reclaim: care.reclaim }) };
    const workflow = care.workflow(targets, options);
    const desired = desire(session.cluster, place(session.cluster, selectVersions(session.cluster), new Map()));
    const steps = createPlanFor(session, workflow, emptyShelf, oneAtATime)(desired, look.observations);
    const doubts = guardMembership(steps, live.members).filter(({ id }) => id !== 'ApiAway' || !isAlone);
    const findings = [...warnOfAway(targets, isAlone), ...doubts];
    return { plan: makeRunPlan(session, workflow, { steps, findings, maxUnavailable: oneAtATime }), shelf: emptyShelf };
  });
}

export interface CareResult extends RunResult {
  /** As it was before. */
  readonly look: EtcdLook;
}

async function run(session: Session, care: Care, choices: Choices): Promise<CareResult> {
  let seen: EtcdLook | undefined;
  const result = await carryOut(session, care, choices, (look) => {
    seen = look;
  });
  return { ...result, look: seen ?? (await lookAtEtcd(session)) };
}

/** Gives gaps back where it pays, one member at a time. @throws RefusedError while a member is not well */
export function defragEtcd(session: Session, threshold: Threshold, choices: Choices): Promise<CareResult> {
  const wants = (room: Room): boolean => paysToDefrag(room, threshold);
  return run(session, { wants, workflow: defragWorkflow }, choices);
}

/** The way out of NOSPACE; without that alarm there is nothing to do. @throws RefusedError while a member is not well @throws StoppedError that says what fills it, when there is no room to be had */
export async function reclaimEtcd(session: Session, reclaim: Reclaiming, choices: Choices): Promise<CareResult> {
  const wants = (_room: Room, { alarms }: LiveMembers): boolean => alarms.some(({ kind }) => kind === 'NOSPACE');
  try {
    return await run(session, { wants, reclaim, workflow: reclaimWorkflow }, choices);
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    throw (await explainFullEtcd(session)) ?? error;
  }
}
