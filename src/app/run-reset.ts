import { selectVersions } from '../artifacts/select-versions.ts';
import type { Cluster, Node, NodeName } from '../cluster/cluster.ts';
import { clusterAuthorityPath } from '../components/authorities.ts';
import { collectFailures } from '../engine/failures.ts';
import { hostPaths } from '../engine/host-paths.ts';
import { readManifest } from '../engine/kinds/ownership.ts';
import { planSteps } from '../engine/make-plan.ts';
import type { Observations } from '../engine/observation.ts';
import { observeAll } from '../engine/observe.ts';
import type { Desired } from '../engine/phase.ts';
import type { Finding, Plan } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';
import { ArtifactError, ConfigurationError, InternalError, type KclusterError, RefusedError } from '../errors.ts';
import type { ResetScope } from '../phases/reset-phases.ts';
import { place } from '../workflows/place.ts';
import { resetWorkflow } from '../workflows/reset.ts';
import { carryOut, controlPlaneHosts, roundTripsOf, type Supplies } from './apply-plan.ts';
import { desire } from './desire.ts';
import { endsCluster, judgeReset, type ResetHost, type ResetQuestion } from './judge-reset.ts';
import { kclusterVersion } from './kcluster-version.ts';
import { renewBeforeDays } from './renew-before-days.ts';
import type { Session } from './session.ts';
import { tellWhatIsLeft, tellWhatStays } from './tell-what-stays.ts';

export interface ResetChoices {
  /** Nodes to reset; none: all. */
  readonly nodes: readonly NodeName[];
  /** etcd's data is set aside instead of removed. */
  readonly keepEtcdData: boolean;
  readonly dryRun: boolean;
  /** Called with a plan that changes something; rejects when it is not wanted. `ends`: the cluster has no etcd afterwards. */
  confirm(plan: Plan, ends: boolean): Promise<void>;
}

/** @throws ConfigurationError for a name that the inventory does not have, or a node that is declared down */
function chooseTargets(cluster: Cluster, names: readonly NodeName[]): readonly Node[] {
  const present = cluster.nodes.filter(({ state }) => state === 'present');
  if (names.length === 0) return present;
  for (const name of new Set(names)) {
    const node = cluster.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new ConfigurationError(`no node ${name} in cluster ${cluster.name}`, {
        remedy: `name one of: ${cluster.nodes.map((known) => known.name).join(', ')}`,
      });
    }
    if (node.state === 'down') {
      throw new ConfigurationError(`node ${name} is declared down in the inventory`, {
        remedy: 'take state: down out when the host is back, and run again',
      });
    }
  }
  return present.filter(({ name }) => names.includes(name));
}

/** Others may be away; what is to be reset must answer. */
function refuseUnreachable(session: Session, targets: ReadonlySet<NodeName>): void {
  const missing = session.unreachable.filter(({ details }) => details.node === undefined || targets.has(details.node));
  if (missing.length > 0) throw collectFailures(missing, 'no connection');
}

const probes: readonly Probe[] = [
  { kind: 'file', path: hostPaths.state },
  { kind: 'content', path: hostPaths.manifest },
  { kind: 'file', path: clusterAuthorityPath },
];

async function look(session: Session, targets: ReadonlySet<NodeName>): Promise<ReadonlyMap<NodeName, Observations>> {
  const { hosts, emit, elapsedMs, signal } = session;
  const onObserved = (node: string, count: number): void => emit({ type: 'observed', node, probes: count, atMs: elapsedMs() });
  const asked = (name: NodeName): readonly Probe[] => (targets.has(name) ? probes : [...probes, { kind: 'etcd' }]);
  const { observations, failures } = await observeAll(hosts, asked, onObserved, { signal });
  const missing = failures.filter(({ details }) => details.node === undefined || targets.has(details.node));
  if (missing.length > 0) throw collectFailures(missing, 'the look failed');
  return observations;
}

/** A manifest that cannot be read on a host that is left alone may list anything, a member of etcd too: such a host counts as one that did not answer. */
function readHosts(observations: ReadonlyMap<NodeName, Observations>, targets: ReadonlySet<NodeName>): ReadonlyMap<NodeName, ResetHost> {
  const hosts = new Map<NodeName, ResetHost>();
  for (const [node, seen] of observations) {
    try {
      const manifest = readManifest(seen.contents.get(hostPaths.manifest), node);
      hosts.set(node, { manifest, authority: seen.files.get(clusterAuthorityPath)?.sha256 });
    } catch (error) {
      if (targets.has(node) || !(error instanceof RefusedError)) throw error;
    }
  }
  return hosts;
}

/** A member without a name has not started yet, and could be any of them: then nothing is known. */
function livingMembers(observations: ReadonlyMap<NodeName, Observations>): ReadonlySet<NodeName> | undefined {
  const lists = [...observations.values()].flatMap(({ etcd }) => (etcd === undefined ? [] : [etcd.members]));
  const names = lists.flat().map(({ name }) => name);
  return lists.length === 0 || names.includes('') ? undefined : new Set(names);
}

function refuseFindings(findings: readonly Finding[]): void {
  const failures = findings.map(
    ({ message, node, remedy }) => new RefusedError(message, { remedy, ...(node === undefined ? {} : { node }) }),
  );
  if (failures.length > 0) throw collectFailures(failures, 'nothing was changed: the reset is refused');
}

function planReset(
  session: Session,
  scope: ResetScope,
  desired: Desired,
  observations: ReadonlyMap<NodeName, Observations>,
  targets: ReadonlySet<NodeName>,
): Plan {
  const { cluster, inventorySha256 } = session;
  const nothing = {
    secrets: new Map(),
    authorities: new Map(),
    now: new Date(),
    renewBeforeDays,
    binary: () => undefined,
    image: () => undefined,
  };
  return {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Plan',
    workflow: 'reset',
    cluster: cluster.name,
    kclusterVersion,
    inventorySha256,
    nodes: [...targets].sort(),
    // Pods have nowhere to go when their cluster does: nothing is drained.
    maxUnavailable: '100%',
    findings: [],
    steps: planSteps({ workflow: resetWorkflow(scope), desired, observations, context: () => nothing }),
  };
}

/** Nothing is sent and nothing is issued when hosts are reset; no secret is made either. */
const supplies: Supplies = {
  begin: async () => undefined,
  artifacts: {
    fileOf: (sha256) => {
      throw new ArtifactError(`a reset sends nothing, and yet ${sha256} is asked for`);
    },
  },
  prepare: async () => ({ secret: refuseMaterial, issued: refuseMaterial, kubeconfig: refuseMaterial }),
};

function refuseMaterial(): never {
  throw new InternalError('a reset needs no secret');
}

interface Ending {
  readonly outcome: 'nothing-to-do' | 'done' | 'planned' | 'failed';
  readonly plan: Plan;
  readonly changed: number;
  readonly failure?: KclusterError;
}

async function carryThrough(session: Session, choices: ResetChoices): Promise<Ending> {
  const { cluster } = session;
  const targets = new Set(chooseTargets(cluster, choices.nodes).map(({ name }) => name));
  refuseUnreachable(session, targets);
  const observations = await look(session, targets);
  const hosts = readHosts(observations, targets);
  const question: ResetQuestion = {
    cluster,
    targets,
    hosts,
    authority: session.secrets.digests().get('ca.crt'),
    members: livingMembers(observations),
  };
  refuseFindings(judgeReset(question));

  const holdsRecords = (name: NodeName): boolean => observations.get(name)?.files.has(hostPaths.state) ?? false;
  const manifests = new Map(
    [...hosts].filter(([name]) => targets.has(name) && holdsRecords(name)).map(([name, { manifest }]) => [name, manifest]),
  );
  const keep = choices.keepEtcdData ? { keepEtcdAs: session.runId.slice(0, 15) } : {};
  const desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
  const plan = planReset(session, { manifests, ...keep }, desired, observations, targets);
  session.emit({ type: 'planned', plan, atMs: session.elapsedMs() });
  if (plan.steps.length === 0) return { plan, outcome: 'nothing-to-do', changed: 0 };
  tellWhatStays(session, manifests);
  if (choices.dryRun) return { plan, outcome: 'planned', changed: 0 };
  await choices.confirm(plan, endsCluster(question));
  // Taking the lock would leave its file on a host that holds nothing of kcluster.
  const locked = new Map([...controlPlaneHosts(session)].filter(([name]) => holdsRecords(name)));
  const applied = await carryOut(session, plan, locked, supplies);
  if (applied.failure === undefined) await tellWhatIsLeft(session, manifests, desired);
  return { plan, outcome: applied.failure === undefined ? 'done' : 'failed', ...applied };
}

/** Takes away from hosts what their manifests list. Always tells how it ended. @throws RefusedError when a host belongs to another cluster, or its member of etcd to one that goes on */
export async function runReset(session: Session, choices: ResetChoices): Promise<{ readonly plan: Plan; readonly applied: boolean }> {
  const finish = (outcome: Ending['outcome'], changed: number): void =>
    session.emit({ type: 'run-finished', outcome, changed, atMs: session.elapsedMs(), roundTrips: roundTripsOf(session) });
  let ending: Ending;
  try {
    ending = await carryThrough(session, choices);
  } catch (error) {
    finish('failed', 0);
    throw error;
  }
  finish(ending.outcome, ending.changed);
  if (ending.failure !== undefined) throw ending.failure;
  return { plan: ending.plan, applied: ending.outcome === 'done' };
}
