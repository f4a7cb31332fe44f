import { addressFamily, canonicalAddress } from '../cluster/cidr.ts';
import type { EtcdSettings, Role, SshSettings } from '../cluster/cluster.ts';
import { asList } from './ranges.ts';
import type { ClusterSection, NodeSection } from './schema/cluster-schema.ts';

/** Stacked etcd lives on every control-plane node. */
export function rolesOf(roles: readonly Role[], topology: EtcdSettings['topology']): readonly Role[] {
  const isStacked = topology === 'stacked' && roles.includes('control-plane') && !roles.includes('etcd');
  return isStacked ? [...roles, 'etcd'] : roles;
}

/** The address components bind to; undefined when only a DNS name is known. */
export function internalAddressOf(node: {
  readonly address?: string | undefined;
  readonly internalAddress?: string | undefined;
}): string | undefined {
  const address = node.internalAddress ?? node.address;
  return address !== undefined && addressFamily(address) !== undefined ? canonicalAddress(address) : undefined;
}

/** Settings of the node over those of the cluster over defaults. */
export function sshOf(defaults: ClusterSection['ssh'], own: NodeSection['ssh']): SshSettings {
  const user = own?.user ?? defaults?.user ?? 'root';
  const identityFile = own?.identityFile ?? defaults?.identityFile;
  return {
    user,
    port: own?.port ?? defaults?.port ?? 22,
    jump: asList(own?.jump ?? defaults?.jump).flatMap((hops) => hops.split(',')),
    become: own?.become ?? defaults?.become ?? (user === 'root' ? 'none' : 'sudo'),
    ...(identityFile === undefined ? {} : { identityFile }),
    ...(own?.hostKey === undefined ? {} : { hostKey: own.hostKey.split(' ', 2).join(' ') }),
  };
}
