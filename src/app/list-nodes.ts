import { type Absences, absencesPath } from '../cluster/absence.ts';
import { type Cluster, type JsonObject, kubeletNodes, type Node, type NodeName } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import type { NodeListing } from '../cluster/node-listing.ts';
import { absentTaint } from '../cluster/taint.ts';
import type { Observations } from '../engine/observation.ts';
import { observeAll } from '../engine/observe.ts';
import type { Probe } from '../engine/probe.ts';
import type { KclusterError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { recordedAbsences } from '../workflows/place-absent.ts';

const rolePrefix = 'node-role.kubernetes.io/';

/** The part of a Node object that is listed. */
interface LiveNode {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly creationTimestamp?: string };
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
  };
}

type Facts = Pick<NodeListing, 'ready' | 'cordoned' | 'distrusted' | 'version' | 'address' | 'created' | 'pods'>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const isReady = ({ status }: LiveNode): boolean => status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

function factsOf(live: LiveNode, pods: number | undefined): Facts {
  const { unschedulable, taints = [] } = live.spec ?? {};
  const distrusted = taints.some(({ key }) => key === absentTaint.key);
  const facts: Mutable<Facts> = { ready: isReady(live), cordoned: unschedulable === true, distrusted };
  const { addresses = [], nodeInfo } = live.status ?? {};
  const address = addresses.find(({ type }) => type === 'InternalIP')?.address;
  const created = live.metadata?.creationTimestamp;
  if (nodeInfo?.kubeletVersion !== undefined) facts.version = nodeInfo.kubeletVersion;
  if (address !== undefined) facts.address = address;
  if (created !== undefined) facts.created = created;
  if (pods !== undefined) facts.pods = pods;
  return facts;
}

/** What the API says: undefined while no API server answers. */
interface Api {
  readonly nodes: ReadonlyMap<NodeName, JsonObject> | undefined;
  readonly pods: ReadonlyMap<NodeName, number> | undefined;
}

function apiOf(observations: ReadonlyMap<NodeName, Observations>): Api {
  return {
    nodes: liveNodes(observations),
    pods: [...observations.values()].find(({ kubePodCounts }) => kubePodCounts !== undefined)?.kubePodCounts,
  };
}

function stateOf(node: Node, runsKubelet: boolean, answered: boolean, live: LiveNode | undefined, api: Api): string {
  if (node.state === 'down') return 'declared down';
  if (!answered) return 'unreachable';
  if (!runsKubelet) return '';
  if (api.nodes === undefined) return 'unknown';
  if (live === undefined) return 'not joined';
  return isReady(live) ? 'Ready' : 'NotReady';
}

/** What is told of an absence: not the digests. */
export function absenceOf(absences: Absences, name: NodeName): Pick<NodeListing, 'absence'> {
  const absence = absences.get(name);
  return absence === undefined ? {} : { absence: { since: absence.since, misses: absence.misses } };
}

/** Every node of the inventory in its order, then every other node of the cluster by name. Pure. */
export function listNodes(cluster: Cluster, observations: ReadonlyMap<NodeName, Observations>): readonly NodeListing[] {
  const api = apiOf(observations);
  const absences = recordedAbsences(cluster, observations);
  const kubelets = new Set(kubeletNodes(cluster).map(({ name }) => name));
  // Hosts of two clusters disagree: a list is shown all the same.
  const lists = [...observations.values()].flatMap(({ etcd }) => (etcd === undefined ? [] : [etcd.members]));
  const podsOf = (name: NodeName): number | undefined => (api.pods === undefined ? undefined : (api.pods.get(name) ?? 0));
  const ours = cluster.nodes.map((node): NodeListing => {
    const live = api.nodes?.get(node.name) as LiveNode | undefined;
    return {
      node: node.name,
      roles: node.roles,
      state: stateOf(node, kubelets.has(node.name), observations.has(node.name), live, api),
      ...absenceOf(absences, node.name),
      address: node.internalAddress,
      ...(live === undefined ? {} : factsOf(live, podsOf(node.name))),
      ...(lists.length === 0 ? {} : { etcdMember: lists.flat().some(({ name }) => name === node.name) }),
    };
  });
  const known = new Set(cluster.nodes.map(({ name }) => name));
  const strangers = [...(api.nodes ?? [])].filter(([name]) => !known.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const others = strangers.map(([node, object]): NodeListing => {
    const live = object as LiveNode;
    const labels = Object.keys(live.metadata?.labels ?? {}).filter((label) => label.startsWith(rolePrefix));
    const roles = labels.map((label) => label.slice(rolePrefix.length)).sort();
    return { node, roles, state: 'not in the inventory', ...factsOf(live, podsOf(node)) };
  });
  return [...ours, ...others];
}

/** One look at every host that answers; what does not answer is in the result, not an error. @param pods counts them, too */
export async function readNodes(
  cluster: Cluster,
  hosts: ReadonlyMap<NodeName, Host>,
  pods: boolean,
): Promise<{ readonly nodes: readonly NodeListing[]; readonly failures: readonly KclusterError[] }> {
  const probes: readonly Probe[] = [
    { kind: 'kube-nodes' },
    { kind: 'etcd' },
    { kind: 'content', path: absencesPath },
    ...(pods ? [{ kind: 'kube-pod-counts' } as const] : []),
  ];
  const { observations, failures } = await observeAll(
    hosts,
    () => probes,
    () => undefined,
  );
  return { nodes: listNodes(cluster, observations), failures };
}
