import type { Cluster, Node, Role } from '../cluster/cluster.ts';
import type { FileResource } from '../engine/resource.ts';
import type { SecretName } from '../engine/secret-name.ts';
import type { Describe } from './component.ts';
import { directory, etcdPkiDirectory, pkiDirectory } from './parts.ts';

/** What tells one cluster from another of the same name. */
export const clusterAuthorityPath = `${pkiDirectory}/ca.crt`;
export const encryptionConfigPath = '/etc/kubernetes/encryption-config.yaml';

interface AuthorityRow {
  readonly secret: SecretName;
  readonly path: string;
  readonly mode: number;
  readonly on: Role | 'every node';
  readonly owner?: string;
}

/** Where each cluster-wide secret lies; every control-plane node holds them all, so that any of them gives the cluster back. */
export const authorityTable = [
  { secret: 'ca.crt', path: clusterAuthorityPath, mode: 0o644, on: 'every node' },
  { secret: 'ca.key', path: `${pkiDirectory}/ca.key`, mode: 0o600, on: 'control-plane' },
  { secret: 'front-proxy-ca.crt', path: `${pkiDirectory}/front-proxy-ca.crt`, mode: 0o644, on: 'control-plane' },
  { secret: 'front-proxy-ca.key', path: `${pkiDirectory}/front-proxy-ca.key`, mode: 0o600, on: 'control-plane' },
  { secret: 'sa.pub', path: `${pkiDirectory}/sa.pub`, mode: 0o644, on: 'control-plane' },
  { secret: 'sa.key', path: `${pkiDirectory}/sa.key`, mode: 0o600, on: 'control-plane' },
  { secret: 'etcd-ca.crt', path: `${pkiDirectory}/etcd/ca.crt`, mode: 0o644, on: 'control-plane' },
  { secret: 'etcd-ca.key', path: `${pkiDirectory}/etcd/ca.key`, mode: 0o600, on: 'control-plane' },
  { secret: 'encryption-config.yaml', path: encryptionConfigPath, mode: 0o600, on: 'control-plane' },
  { secret: 'etcd-ca.crt', path: `${etcdPkiDirectory}/ca.crt`, mode: 0o644, on: 'etcd', owner: 'etcd' },
] as const satisfies readonly AuthorityRow[];

/** Of an etcd that others run, kcluster is no authority. */
const etcdAuthority: ReadonlySet<SecretName> = new Set(['etcd-ca.crt', 'etcd-ca.key']);

function authorityFile({ secret, path, mode, owner = 'root' }: AuthorityRow): FileResource {
  return { kind: 'file', path, content: { secret }, mode, owner, group: owner };
}

function rowsOf(node: Node): readonly AuthorityRow[] {
  const rows: readonly AuthorityRow[] = authorityTable;
  return rows.filter(({ on }) => on === 'every node' || node.roles.includes(on));
}

/** Every file of a node that holds a secret of this cluster's making or its public half. */
export function authorityFiles(cluster: Cluster, node: Node): readonly FileResource[] {
  const rows = rowsOf(node).filter(({ secret }) => cluster.etcd.given === undefined || !etcdAuthority.has(secret));
  return rows.map(authorityFile);
}

/** Authorities under /etc/kubernetes; etcd's own copy comes with etcd, whose account owns it. */
export const describeAuthorities: Describe = (cluster, node) => {
  const isControlPlane = node.roles.includes('control-plane');
  return {
    component: 'authorities',
    install: [directory('/etc/kubernetes'), directory(pkiDirectory), ...(isControlPlane ? [directory(`${pkiDirectory}/etcd`)] : [])],
    run: authorityFiles(cluster, node).filter((file) => file.owner === 'root'),
    health: [],
    ports: [],
  };
};
