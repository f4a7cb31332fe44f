import { nthAddress } from '../cluster/cidr.ts';
import type { Cluster } from '../cluster/cluster.ts';

/** Addresses of the DNS service: the tenth of each service range. */
export function clusterDNSAddresses(cluster: Cluster): readonly string[] {
  return cluster.network.serviceCIDRs.map((cidr) => nthAddress(cidr, 10));
}
