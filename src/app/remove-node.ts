import type { NodeName } from '../cluster/cluster.ts';
import { clusterAuthorityPath } from '../components/authorities.ts';
import { inSequence, stepsBeyond } from '../engine/combine-steps.ts';
import { collectFailures } from '../engine/failures.ts';
import { hostPaths } from '../engine/host-paths.ts';
import { readManifest } from '../engine/kinds/ownership.ts';
import type { Workflow } from '../engine/phase.ts';
import type { Finding, Step } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';
import { ConfigurationError, RefusedError, StoppedError, UnreachableError } from '../errors.ts';
import { suggestion } from '../inventory/suggest.ts';
import { drainFindings } from '../phases/drain-findings.ts';
import type { DrainOptions } from '../phases/node-drain.ts';
import { initWorkflow } from '../workflows/init.ts';
import { absenteesOf } from '../workflows/joiners.ts';
import { identitiesThatStay, type Leaver, leaverOf, memberLeaves, objectLeaves, signsOfLife } from '../workflows/leave.ts';
import { drainWorkflow } from '../workflows/nodes.ts';
import { resetWorkflow } from '../workflows/reset.ts';
import { stockShelf } from './artifact-shelf.ts';
import { guardMembership } from './guard-membership.ts';
import { desireWithout } from './join-steps.ts';
import { judgeReset } from './judge-reset.ts';
import { type Look, lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan, type PlanFor } from './make-run-plan.ts';
import { refuseFindings } from './run-on-nodes.ts';
import { type RunChoices, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';

export interface RemoveOptions {
  readonly node: NodeName;
  /** The host is gone for good: it is neither drained nor reset. */
  readonly isDead: boolean;
  readonly drain: DrainOptions;
}

/** The look of init, for what changes on the others; releases stay what they are. */
const workflow: Workflow = { name: 'nodes remove', phases: initWorkflow.phases };
const hostProbes: readonly Probe[] = [
  { kind: 'file', path: hostPaths.state },
  { kind: 'content', path: hostPaths.manifest },
  { kind: 'file', path: clusterAuthorityPath },
];

/** @throws ConfigurationError when neither the inventory nor the cluster knows it */
function findLeaver(session: Session, look: Look, name: NodeName): Leaver {
  const node = session.cluster.nodes.find((candidate) => candidate.name === name);
  const leaver = leaverOf(name, node, look.observations, look.etcdMembers);
  if (node !== undefined || leaver.object !== undefined || leaver.member !== undefined) return leaver;
  const known = session.cluster.nodes.map((candidate) => candidate.name);
  throw new ConfigurationError(`neither the inventory nor the cluster knows a node ${name}${suggestion(name, known)}`, {
    remedy: 'kcluster nodes list names them all',
  });
}

/** @throws RefusedError @throws UnreachableError @throws StoppedError */
function refuseWhatCannotBe(session: Session, look: Look, leaver: Leaver, { isDead }: RemoveOptions): void {
  const { name } = leaver;
  if (![...look.observations].some(([other, { kubeNodes }]) => other !== name && kubeNodes !== undefined)) {
    // Nobody knows then who is part of the cluster: a login that is refused everywhere must not look like nodes that are gone.
    const others = session.unreachable.filter(({ details }) => details.node !== name);
    if (others.length > 0) throw collectFailures(others, 'no connection');
    throw new StoppedError('no API server of another node answers', {
      remedy: 'kcluster status says what is wrong, kcluster init brings it back',
    });
  }
  if (leaver.node?.roles.includes('etcd') === true && look.etcdMembers === undefined) {
    throw new StoppedError('no member of etcd answers', { remedy: 'kcluster init brings them back' });
  }
  if (!isDead && !session.hosts.has(name)) {
    throw new UnreachableError('its host does not answer, so it can be neither drained nor reset', {
      node: name,
      remedy: 'bring it back; or, when it is gone for good, run again with --dead',
    });
  }
  const signs = isDead ? signsOfLife(leaver) : [];
  if (signs.length > 0) {
    throw new RefusedError(`it is not dead: ${signs.join(', and ')}`, {
      node: name,
      remedy: 'remove it without --dead; or switch the machine off, and run again when the cluster has noticed, within a minute',
    });
  }
}

function drainSteps(look: Look, leaver: Leaver, plan: PlanFor, { drain }: RemoveOptions): readonly Step[] {
  if (leaver.object === undefined) return [];
  const without = new Set([leaver.name]);
  const others = new Map([...look.observations].filter(([name]) => name !== leaver.name));
  return plan(desireWithout(look, without, leaver.name), others, drainWorkflow([leaver.name], drain));
}

/** What changes on the others because the node is gone: balancers, routes, addresses of etcd. Hosts that never joined are none of them. */
function othersSteps(look: Look, { name }: Leaver, plan: PlanFor): readonly Step[] {
  const absent = new Set(absenteesOf(look.desired, look.observations).filter((other) => other !== name));
  const others = new Map([...look.observations].filter(([other]) => other !== name && !absent.has(other)));
  return stepsBeyond(plan(desireWithout(look, new Set([name, ...absent]), name), others), plan(desireWithout(look, absent), others));
}

/** @throws RefusedError when the host is not this cluster's */
function resetSteps(session: Session, look: Look, { name }: Leaver, plan: PlanFor): readonly Step[] {
  const seen = look.observations.get(name);
  if (seen?.files.has(hostPaths.state) !== true) return [];
  const manifest = readManifest(seen.contents.get(hostPaths.manifest), name);
  const findings = judgeReset({
    cluster: session.cluster,
    targets: new Set([name]),
    hosts: new Map([[name, { manifest, authority: seen.files.get(clusterAuthorityPath)?.sha256 }]]),
    authority: session.secrets.digests().get('ca.crt'),
    // Its member is out before anything of it is taken away.
    members: new Set(),
  });
  const [refused] = findings;
  if (refused !== undefined) throw new RefusedError(refused.message, { node: name, remedy: refused.remedy });
  return plan(look.desired, new Map([[name, seen]]), resetWorkflow({ manifests: new Map([[name, manifest]]) }));
}

const ends = new Set(['reset/pods', 'reset/units']);

/** Programs end before the membership does, and the membership before anything is taken from the disk. */
function composeSteps(session: Session, look: Look, leaver: Leaver, plan: PlanFor, options: RemoveOptions): readonly Step[] {
  const reset = options.isDead ? [] : resetSteps(session, look, leaver, plan);
  return inSequence([
    options.isDead ? [] : drainSteps(look, leaver, plan, options),
    othersSteps(look, leaver, plan),
    reset.filter(({ phase }) => ends.has(phase)),
    memberLeaves(leaver, look.observations, look.etcdMembers ?? []),
    objectLeaves(leaver, look.observations),
    reset.filter(({ phase }) => !ends.has(phase)),
  ]);
}

function findingsOf(look: Look, leaver: Leaver, { isDead, drain }: RemoveOptions): readonly Finding[] {
  const kubePods = [...look.observations.values()].find((seen) => seen.kubePods !== undefined)?.kubePods;
  const pods = isDead || leaver.object === undefined || kubePods === undefined ? [] : drainFindings(leaver.name, kubePods, drain.force);
  return [...pods, ...(leaver.node?.roles.every((role) => role === 'etcd') === true ? [] : identitiesThatStay(leaver, isDead))];
}

/** Takes a node out of the cluster: drained, out of etcd, its object deleted, the others told, its host reset. */
export function removeNode(session: Session, options: RemoveOptions, choices: RunChoices): Promise<RunResult> {
  const { node: name } = options;
  return runPlanned(session, choices, async () => {
    const look = await lookAtHosts(session, workflow, () => [...hostProbes, { kind: 'kube-pods', node: name }]);
    const leaver = findLeaver(session, look, name);
    refuseWhatCannotBe(session, look, leaver, options);
    const shelf = await stockShelf(session, look.observations);
    const planFor = createPlanFor(session, workflow, shelf, choices.maxUnavailable);
    const steps = composeSteps(session, look, leaver, planFor, options);
    const findings = [...findingsOf(look, leaver, options), ...guardMembership(steps, look.etcdMembers)];
    refuseFindings(findings);
    return { plan: makeRunPlan(session, workflow, { steps, findings, maxUnavailable: choices.maxUnavailable }), shelf };
  });
}
