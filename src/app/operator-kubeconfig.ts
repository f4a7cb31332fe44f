import { nodesWithRole } from '../cluster/cluster.ts';
import type { LeafRequest } from '../pki/certificate-table.ts';
import { clusterAdminsGroup } from '../pki/certificate-table.ts';
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
  const address =
    nodesWithRole(cluster, 'control-plane')
      .map((node) => node.address)
      .sort()[0] ?? 'localhost';
  const { host, port } = cluster.endpoint ?? { host: address, port: 6443 };
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function clientRequest(
  session: Pick<Session, 'cluster'>,
  commonName: string,
  organizations: readonly string[],
  days: number,
): LeafRequest {
  const { keyAlgorithm } = session.cluster.security;
  return { id: commonName, ca: 'cluster', commonName, organizations, usages: ['client'], names: [], addresses: [], days, keyAlgorithm };
}

/** Kubeconfigs beside the inventory, made once; kept while they are there. */
export async function writeOperatorKubeconfigs(session: Session): Promise<OperatorKubeconfigs> {
  const { state, issuer, cluster } = session;
  const server = operatorServerURL(session);
  const rows = [
    ['admin.conf', 'kubernetes-admin', clusterAdminsGroup],
    ['super-admin.conf', 'kubernetes-super-admin', 'system:masters'],
  ] as const;
  for (const [name, user, group] of rows) {
    const known = await state.read(name);
    if (known?.includes(server) === true) continue;
    await state.write(name, await issuer.kubeconfig(clientRequest(session, user, [group], cluster.security.leafDays), server));
  }
  return { admin: state.path('admin.conf'), superAdmin: state.path('super-admin.conf') };
}
