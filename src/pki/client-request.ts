import type { Cluster } from '../cluster/cluster.ts';
import type { LeafRequest } from './certificate-table.ts';

/** What a client of the API is issued: a user, its groups, and for how many days. */
export function clientRequest(cluster: Cluster, commonName: string, organizations: readonly string[], days: number): LeafRequest {
  const { keyAlgorithm } = cluster.security;
  return { id: commonName, ca: 'cluster', commonName, organizations, usages: ['client'], names: [], addresses: [], days, keyAlgorithm };
}

/** The break-glass identity that no binding can take away; kept by the operator, never put on a host. */
export function superAdminRequest(cluster: Cluster): LeafRequest {
  return clientRequest(cluster, 'kubernetes-super-admin', ['system:masters'], cluster.security.leafDays);
}
