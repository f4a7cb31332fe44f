import { selectVersions } from '../artifacts/select-versions.ts';
import { type Absences, absencesPath, mergeAbsences, readAbsences } from '../cluster/absence.ts';
import type { Node, NodeName } from '../cluster/cluster.ts';
import type { Member } from '../cluster/quorum.ts';
import { authorityFiles } from '../components/authorities.ts';
import { collectFailures } from '../engine/failures.ts';
import { givenEtcdInput } from '../engine/given-etcd-probe.ts';
import { probesOfNodes } from '../engine/make-plan.ts';
import type { Observations } from '../engine/observation.ts';
import { observeAll } from '../engine/observe.ts';
import type { Desired, Workflow } from '../engine/phase.ts';
import type { Plan } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';
import { secretsToAdopt } from '../engine/reconcile-secrets.ts';
import type { SecretName } from '../engine/secret-name.ts';
import { StoppedError } from '../errors.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { place, placementProbesOf } from '../workflows/place.ts';
import { placeAbsent } from '../workflows/place-absent.ts';
import { desire } from './desire.ts';
import { membersSeen } from './guard-membership.ts';
import { immutableProbes, refuseImmutable } from './refuse-immutable.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { refuseUnfinishedRestore } from './restore-mark.ts';
import type { Session } from './session.ts';

/** What one look at all hosts gives: everything a plan is made from. */
export interface Look {
  readonly desired: Desired;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  /** Members of etcd as they answer; undefined when none does. */
  readonly etcdMembers: readonly Member[] | undefined;
  /** The same by another inventory than that of the run, such as one without a node that leaves. */
  readonly absent: (desired: Desired) => Absences;
}

/** The absences that a plan writes down. */
function absencesOf(plan: Plan | undefined): Absences {
  const texts = (plan?.steps ?? []).flatMap(({ id, actions }) =>
    actions.flatMap((action) =>
      action.kind === 'file' && action.path === absencesPath && 'text' in action.content ? [[id, action.content.text] as const] : [],
    ),
  );
  return mergeAbsences(new Map(texts.map(([id, text]) => [id, readAbsences(text)])));
}

/**
 * One round trip per host; secrets that only hosts hold are taken over into the operator's cache.
 *
 * @param reviewed the plan that is to be carried out, if there is one
 */
export async function lookAtHosts(
  session: Session,
  workflow: Workflow,
  extraProbes: (node: Node) => readonly Probe[] = () => [],
  reviewed?: Plan,
): Promise<Look> {
  const { cluster, secrets, hosts, emit, elapsedMs, signal } = session;
  const versions = selectVersions(cluster);
  const expected = desire(cluster, place(cluster, versions, new Map()));
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]));
  const probesOfWorkflow = probesOfNodes(workflow, expected);
  const probes = (name: NodeName): readonly Probe[] => {
    const node = nodes.get(name);
    return node === undefined ? [] : [...placementProbesOf(node), ...immutableProbes, ...probesOfWorkflow(node), ...extraProbes(node)];
  };
  const onObserved = (node: string, count: number): void => emit({ type: 'observed', node, probes: count, atMs: elapsedMs() });
  const { observations, failures } = await observeAll(hosts, probes, onObserved, { signal, input: givenEtcdInput(secrets) });
  if (failures.length > 0) throw collectFailures(failures, 'the look failed');
  refuseImmutable(cluster, observations);
  if (workflow.bringsReleases === true) refuseUpgrade(cluster, observations);
  await adoptSecrets(session, observations);
  if (workflow.restores !== true) refuseUnfinishedRestore(observations);
  const etcdMembers = workflow.restores === true ? undefined : membersSeen(observations.values());
  const placement = place(cluster, versions, observations, { etcdMembers, restores: workflow.restores });
  const times = { reviewed: absencesOf(reviewed), now: new Date() };
  const absent = (desired: Desired): Absences => placeAbsent({ desired, observations, etcdMembers, ...times });
  const whole = desire(cluster, placement);
  const absences = absent(whole);
  return { desired: absences.size === 0 ? whole : desire(cluster, { ...placement, absences }), observations, etcdMembers, absent };
}

async function adoptSecrets(session: Session, observations: ReadonlyMap<NodeName, Observations>): Promise<void> {
  const { cluster, secrets, hosts } = session;
  const files = new Map(cluster.nodes.map((node) => [node.name, authorityFiles(cluster, node)]));
  const places = secretsToAdopt(files, observations, secrets.digests());
  const found = new Map<SecretName, string>();
  for (const [name, { node, path }] of places) {
    const host = hosts.get(node);
    if (host === undefined) continue;
    const { code, stdout, stderr } = await host.run(`base64 <${shellQuote(path)}`, { title: `recover ${name}` });
    if (code !== 0) throw new StoppedError(`${path} cannot be read`, { node, output: stderr, remedy: 'look at that file, and run again' });
    found.set(name, Buffer.from(stdout, 'base64').toString('utf8'));
  }
  if (found.size > 0) await secrets.adopt(found);
}
