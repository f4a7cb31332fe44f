import { homedir, userInfo } from 'node:os';
import type { Node } from '../../cluster/cluster.ts';
import { ConfigurationError } from '../../errors.ts';
import { expandHome, type HostEntry, type UserSshConfig } from './user-ssh-config.ts';

/** What a connection needs to know of a node. */
export type SshNode = Pick<Node, 'name' | 'address' | 'ssh'>;

/** One SSH connection of the way to a node, ready to be opened. */
export interface Hop {
  /** As written in the inventory; for messages. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Keys named by the inventory: they must be there. */
  readonly requiredIdentities: readonly string[];
  /** Keys named by ~/.ssh/config: passed over when missing, as ssh does. */
  readonly optionalIdentities: readonly string[];
  readonly identitiesOnly: boolean;
  /** Pinned key of the inventory; the node itself only. */
  readonly hostKey?: string;
}

/**
 * The hops to a node, the node last. The inventory wins over ~/.ssh/config where it differs from the defaults:
 * port 22 lets `Port` speak, user root lets `User` speak only with `become: sudo` (without it only root can work),
 * an empty jump list lets `ProxyJump` speak, and `IdentityFile` adds to the inventory's key.
 */
export function routeTo(node: SshNode, config: UserSshConfig): readonly Hop[] {
  const entry = config.entryFor(node.address);
  const jumps = node.ssh.jump.length > 0 ? node.ssh.jump : (entry.proxyJump ?? []);
  if (jumps.length === 0 && entry.proxyCommand !== undefined) {
    throw new ConfigurationError(`${config.file} sets a ProxyCommand for ${node.address}, which kcluster cannot use`, {
      node: node.name,
      remedy: 'Use ProxyJump there, or ssh.jump in the inventory.',
    });
  }
  const target: Hop = {
    alias: node.address,
    host: entry.hostName?.replaceAll('%h', node.address) ?? node.address,
    port: node.ssh.port === 22 ? (entry.port ?? 22) : node.ssh.port,
    user: node.ssh.user === 'root' && node.ssh.become === 'sudo' ? (entry.user ?? 'root') : node.ssh.user,
    ...identities(node, entry),
    ...(node.ssh.hostKey === undefined ? {} : { hostKey: node.ssh.hostKey }),
  };
  return [...jumps.map((jump) => jumpHop(node, jump, config)), target];
}

/** A jump host's user: as written, else `User` of ~/.ssh/config, else the node's. */
function jumpHop(node: SshNode, text: string, config: UserSshConfig): Hop {
  const { user, host, port } = parseJump(node, text);
  const entry = config.entryFor(host);
  return {
    alias: host,
    host: entry.hostName?.replaceAll('%h', host) ?? host,
    port: port ?? entry.port ?? 22,
    user: user ?? entry.user ?? node.ssh.user,
    ...identities(node, entry),
  };
}

/** Reads `[user@]host[:port]`, where an IPv6 host with a port stands in brackets; `ssh://` may stand before it. */
export function parseJump(
  node: Pick<SshNode, 'name'>,
  text: string,
): { readonly user?: string; readonly host: string; readonly port?: number } {
  const match =
    /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(?:\[([^\]\s]+)\](?::(\d+))?|([^:@\s]+)(?::(\d+))?|([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.%\w]*))$/.exec(
      text.trim(),
    );
  const [, user, bracketed, bracketedPort, plain, plainPort, ipv6] = match ?? [];
  const host = bracketed ?? plain ?? ipv6;
  const port = Number(bracketedPort ?? plainPort ?? 22);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ConfigurationError(`the jump host ${JSON.stringify(text)} is not [user@]host[:port]`, {
      node: node.name,
      remedy: 'Correct ssh.jump in the inventory or ProxyJump in ~/.ssh/config.',
    });
  }
  const hasPort = (bracketedPort ?? plainPort) !== undefined;
  return { host, ...(user === undefined ? {} : { user }), ...(hasPort ? { port } : {}) };
}

function identities(node: SshNode, entry: HostEntry): Pick<Hop, 'requiredIdentities' | 'optionalIdentities' | 'identitiesOnly'> {
  return {
    requiredIdentities: node.ssh.identityFile === undefined ? [] : [expandHome(node.ssh.identityFile, homedir())],
    optionalIdentities: entry.identityFiles.map((file) => expandTokens(file, node)),
    identitiesOnly: entry.identitiesOnly,
  };
}

/** The tokens of IdentityFile in ssh_config(5) that have a meaning here. */
function expandTokens(file: string, node: SshNode): string {
  const replacement = (token: string) =>
    token === '%%' ? '%' : token === '%d' ? homedir() : token === '%u' ? userInfo().username : node.address;
  return expandHome(file, homedir()).replaceAll(/%[%dhnu]/g, replacement);
}
