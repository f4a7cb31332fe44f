import { addressFamily, canonicalAddress, nthAddress } from '../cluster/cidr.ts';
import type { Cluster, Node } from '../cluster/cluster.ts';

/** Names and addresses of a certificate, mixed; repetitions do no harm. */
export type Subjects = (cluster: Cluster, node: Node) => readonly string[];

const loopback = ['localhost', '127.0.0.1', '::1'] as const;

/** For what only the host itself talks to. */
export const loopbackSubjects: Subjects = () => loopback;

/** Every name and address by which clients reach an API server. */
export const apiServerSubjects: Subjects = (cluster, node) => [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  `kubernetes.default.svc.${cluster.network.dnsDomain}`,
  node.name,
  node.internalAddress,
  node.address,
  ...loopback,
  ...cluster.network.serviceCIDRs.map((range) => nthAddress(range, 1)),
  ...(cluster.endpoint === undefined ? [] : [cluster.endpoint.host]),
  ...cluster.security.apiServerSANs,
];

export const etcdSubjects: Subjects = (_cluster, node) => [node.name, node.internalAddress, ...loopback];
export const kubeletSubjects: Subjects = (_cluster, node) => [node.name, node.internalAddress, node.address];

/** Names and addresses apart, each once, canonical, in their order. */
export function splitSubjects(subjects: readonly string[]): { names: readonly string[]; addresses: readonly string[] } {
  const unique = [...new Set(subjects.map((subject) => canonicalAddress(subject.toLowerCase())))];
  return {
    names: unique.filter((subject) => addressFamily(subject) === undefined),
    addresses: unique.filter((subject) => addressFamily(subject) !== undefined),
  };
}
