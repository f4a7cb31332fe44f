import type { Host } from '../host.ts';
import type { RunLog } from '../run-log.ts';
import type { Credentials } from './credentials.ts';
import type { HostKeyTrust } from './host-key-trust.ts';
import { openLink } from './link.ts';
import { routeTo, type SshNode } from './route.ts';
import { SshHost } from './ssh-host.ts';
import type { UserSshConfig } from './user-ssh-config.ts';

export interface ConnectOptions {
  readonly trust: HostKeyTrust;
  readonly credentials: Credentials;
  /** ~/.ssh/config, read once for all hosts. */
  readonly sshConfig: UserSshConfig;
  readonly log: RunLog;
  /** For each connection of the way to the host; waiting for a person's answer does not count. */
  readonly connectTimeoutMs: number;
  /** A host that is silent for three of these is lost; default 5,000. */
  readonly keepaliveMs?: number;
  /** Stops connecting; commands have signals of their own. */
  readonly signal?: AbortSignal;
  /** For a machine that is no node, and only keeps files: whoever logs in is good enough. */
  readonly anyUser?: boolean;
}

/**
 * Connects to a node, as root unless said otherwise: host key verified on every hop before anything is sent, one connection for the whole run.
 * After a loss, commands under way reject; the next command connects again, once.
 * @throws UnreachableError, ConfigurationError, InterruptedError
 */
export async function connectHost(node: SshNode, options: ConnectOptions): Promise<Host> {
  const route = routeTo(node, options.sshConfig);
  return SshHost.connect({ node: node.name, log: options.log, openLink: () => openLink({ ...options, node, route }) });
}
