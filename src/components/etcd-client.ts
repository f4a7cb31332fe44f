import type { Cluster, Node } from '../cluster/cluster.ts';
import type { FileResource, Resource } from '../engine/resource.ts';
import type { GivenSecretName } from '../engine/secret-name.ts';
import { certificates } from './certificates.ts';
import { etcdNodes } from './etcd.ts';
import { pkiDirectory } from './parts.ts';
import { urlOf } from './url.ts';

/** What an API server reads to talk to etcd; the same places whoever issued it. */
export const etcdClientPaths = {
  authority: `${pkiDirectory}/etcd/ca.crt`,
  certificate: `${pkiDirectory}/apiserver-etcd-client.crt`,
  key: `${pkiDirectory}/apiserver-etcd-client.key`,
} as const;

interface GivenRow {
  readonly secret: GivenSecretName;
  readonly path: string;
  readonly mode: number;
}

/** Where the operator's files for an etcd of his own lie on control planes. */
export const givenEtcdTable: readonly GivenRow[] = [
  { secret: 'given-etcd-ca.crt', path: etcdClientPaths.authority, mode: 0o644 },
  { secret: 'given-etcd-client.crt', path: etcdClientPaths.certificate, mode: 0o644 },
  { secret: 'given-etcd-client.key', path: etcdClientPaths.key, mode: 0o600 },
];

/** With the API server and not with the authorities: each server is restarted right after its files changed, one after the other. */
const givenFiles = givenEtcdTable.map(
  ({ secret, path, mode }): FileResource => ({
    kind: 'file',
    path,
    content: { secret },
    mode,
    owner: 'root',
    group: 'root',
    replaceable: true,
  }),
);

/** The API server's identity towards etcd: issued, or the operator's own. */
export function etcdClientResources(cluster: Cluster, node: Node): readonly Resource[] {
  return cluster.etcd.given === undefined ? certificates(cluster, node, ['apiserver-etcd-client']) : givenFiles;
}

/** As the operator wrote it; stacked: the member on this node alone, so that a new member restarts no other API server; external: all members. */
export function etcdServers(cluster: Cluster): readonly string[] {
  if (cluster.etcd.given !== undefined) return cluster.etcd.given.endpoints;
  if (cluster.etcd.topology === 'stacked') return ['https://127.0.0.1:2379'];
  return etcdNodes(cluster).map((member) => urlOf('https', member.internalAddress, 2379));
}

/** Of all members, for who may choose among them. */
export function etcdClientURLs(cluster: Cluster): readonly string[] {
  return cluster.etcd.given?.endpoints ?? etcdNodes(cluster).map((member) => urlOf('https', member.internalAddress, 2379));
}

/** Below which the API servers keep everything; clusters that share one etcd have one each. */
export function etcdPrefix(node: Node): string {
  const prefix = node.components['kube-apiserver'].extraArgs['etcd-prefix'];
  return typeof prefix === 'string' ? prefix.replace(/\/+$/, '') : '/registry';
}
