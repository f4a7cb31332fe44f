import { apiServerPort, httpsURL } from '../cluster/api-server-url.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { clusterAdminsGroup, type LeafRequest } from '../pki/certificate-table.ts';
import { clientRequest, superAdminRequest } from '../pki/client-request.ts';
import { judgeLeaf } from '../pki/judge-leaf.ts';
import { readKubeconfig } from '../render/read-kubeconfig.ts';
import { renewBeforeDays } from './renew-before-days.ts';
import type { Session } from './session.ts';

export interface OperatorKubeconfigs {
  /** For every day: its group can be taken away in the cluster. */
  readonly admin: string;
  /** Breaks glass: works even when no role binding is left. */
  readonly superAdmin: string;
}

/** Where the operator's machine reaches the API: the endpoint, or the first control-plane node by name. */
export function operatorServerURL(session: Pick<Session, 'cluster'>): string {
  const { cluster } = session;
  const [first] = nodesWithRole(cluster, 'control-plane').toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const { host, port } = cluster.endpoint ?? { host: first?.address ?? 'localhost', port: apiServerPort };
  return httpsURL(host, port);
}

/** Whether a kubeconfig still opens the cluster: its server, its authority, and a certificate that is not about to expire. */
function isGood(known: string, server: string, request: LeafRequest, authority: string): boolean {
  const found = readKubeconfig(known);
  if (found.server !== server || found.authority !== authority || found.certificate === undefined) return false;
  return judgeLeaf(found.certificate, request, authority, new Date(), renewBeforeDays).length === 0;
}

/** Kubeconfigs beside the inventory: kept while they are good, else issued anew. */
export async function writeOperatorKubeconfigs(
  session: Pick<Session, 'cluster' | 'state' | 'issuer' | 'secrets'>,
): Promise<OperatorKubeconfigs> {
  const { state, issuer, cluster, secrets } = session;
  const server = operatorServerURL(session);
  const rows = [
    ['admin.conf', clientRequest(cluster, 'kubernetes-admin', [clusterAdminsGroup], cluster.security.leafDays)],
    ['super-admin.conf', superAdminRequest(cluster)],
  ] as const;
  for (const [name, request] of rows) {
    const known = await state.read(name);
    if (known !== undefined && isGood(known, server, request, secrets.get('ca.crt') ?? '')) continue;
    await state.write(name, await issuer.kubeconfig(request, server));
  }
  return { admin: state.path('admin.conf'), superAdmin: state.path('super-admin.conf') };
}
