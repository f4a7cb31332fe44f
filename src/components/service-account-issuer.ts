import type { Cluster } from '../cluster/cluster.ts';

/** Who issues service account tokens; it stands in every token, so it never changes. */
export function serviceAccountIssuer(cluster: Cluster): string {
  return `https://kubernetes.default.svc.${cluster.network.dnsDomain}`;
}
