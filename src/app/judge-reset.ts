import { type Cluster, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import type { Manifest, OwnedThing } from '../engine/kinds/ownership.ts';
import type { Finding } from '../engine/plan.ts';

/** One host as far as it was looked at. */
export interface ResetHost {
  readonly manifest: Manifest | undefined;
  /** sha256 of the cluster authority's certificate on the host. */
  readonly authority: string | undefined;
}

export interface ResetQuestion {
  readonly cluster: Cluster;
  /** Nodes to be reset. */
  readonly targets: ReadonlySet<NodeName>;
  /** Hosts that answered, others too. */
  readonly hosts: ReadonlyMap<NodeName, ResetHost>;
  /** sha256 of the cluster authority's certificate that is kept beside the inventory. */
  readonly authority: string | undefined;
  /** Names of etcd's members as a living etcd lists them; undefined while none answers. */
  readonly members: ReadonlySet<NodeName> | undefined;
}

const holdsMember = (host: ResetHost | undefined): boolean =>
  host?.manifest?.things.some(({ kind, name }) => kind === 'unit' && name === 'etcd.service') ?? false;

/** A host is this cluster's by the name in its manifest and by its authority: names are easily given twice. */
function judgeIdentity({ cluster, targets, hosts, authority }: ResetQuestion): readonly Finding[] {
  const known =
    authority ??
    [...hosts].toSorted(([a], [b]) => (a < b ? -1 : 1)).find(([name, host]) => targets.has(name) && host.authority !== undefined)?.[1]
      .authority;
  return [...hosts].flatMap(([node, host]): readonly Finding[] => {
    if (!targets.has(node) || host.manifest === undefined) return [];
    const owner = host.manifest.cluster;
    if (owner !== cluster.name) {
      const remedy = `reset it with the inventory of ${owner}, or correct the address of ${node} in this one`;
      return [
        { id: 'ForeignHost', node, severity: 'error', message: `the host belongs to cluster ${owner}, not to ${cluster.name}`, remedy },
      ];
    }
    if (host.authority === undefined || host.authority === known) return [];
    const message = `/etc/kubernetes/pki/ca.crt is not the authority of this cluster ${cluster.name}: another one has the same name`;
    return [
      {
        id: 'ForeignAuthority',
        node,
        severity: 'error',
        message,
        remedy: 'use the inventory, and the .kcluster folder beside it, of the cluster that the host belongs to',
      },
    ];
  });
}

/** A member that goes without being taken out of the list still counts for quorum, and never comes back. A host that does not answer may hold one. */
function judgeMembers({ cluster, targets, hosts, members }: ResetQuestion): readonly Finding[] {
  const stay = nodesWithRole(cluster, 'etcd').filter(
    ({ name }) => !targets.has(name) && (!hosts.has(name) || holdsMember(hosts.get(name))),
  );
  if (stay.length === 0) return [];
  const where = stay
    .map(({ name }) => name)
    .sort()
    .join(', ');
  return [...targets]
    .filter((node) => holdsMember(hosts.get(node)) && (members?.has(node) ?? true))
    .map((node) => ({
      id: 'EtcdMember',
      node,
      severity: 'error',
      message: `its etcd member belongs to a cluster that goes on without it on ${where}`,
      remedy: `take it out first: kcluster nodes remove ${node}; or reset all nodes, which ends the cluster`,
    }));
}

const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.@:+~=-]+){2,}$/;
/** What goes with its content lies in a folder of a program, never at a place that everybody shares. */
const dataPath = /^\/(?:opt|run|var\/lib|var\/log)\/[^/]+/;

function isSafe({ kind, name, data }: OwnedThing): boolean {
  if (!['file', 'link', 'binary', 'directory'].includes(kind)) return true;
  return plainPath.test(name) && (data !== true || dataPath.test(name));
}

/** The list is text on a host: what it says is removed only where kcluster could have put it. */
function judgePaths({ targets, hosts }: ResetQuestion): readonly Finding[] {
  return [...hosts].flatMap(([node, host]) => {
    const odd = targets.has(node) ? (host.manifest?.things ?? []).filter((thing) => !isSafe(thing)) : [];
    return odd.map(({ name }) => ({
      id: 'OddPath',
      node,
      severity: 'error' as const,
      message: `the manifest lists ${JSON.stringify(name)}, which kcluster never puts on a host`,
      remedy: 'find out who changed /var/lib/kcluster/manifest.json, and take that line out',
    }));
  });
}

/** What speaks against resetting these nodes. Pure. */
export function judgeReset(question: ResetQuestion): readonly Finding[] {
  return [...judgeIdentity(question), ...judgePaths(question), ...judgeMembers(question)].toSorted((a, b) =>
    (a.node ?? '') < (b.node ?? '') ? -1 : 1,
  );
}

/** Whether all that etcd holds is gone afterwards. */
export function endsCluster({ cluster, targets, hosts }: ResetQuestion): boolean {
  const members = nodesWithRole(cluster, 'etcd').map(({ name }) => name);
  return members.every((name) => targets.has(name)) && members.some((name) => holdsMember(hosts.get(name)));
}
