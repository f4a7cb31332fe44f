import { ConnectionLostError, KclusterError, UnreachableError } from '../../errors.ts';
import { printable } from '../printable.ts';
import { hostLabel } from './known-hosts.ts';
import type { Hop } from './route.ts';

/** The fields ssh2 and Node put on connection errors. */
interface SshFailure {
  readonly message: string;
  readonly level?: string;
  readonly code?: string | number;
}

export interface FailureContext {
  readonly node: string;
  readonly hop: Hop;
  /** Set when the hop is not the node itself. */
  readonly isJump: boolean;
  /** What was offered so far, such as `publickey ~/.ssh/id_ed25519`. */
  readonly tried: readonly string[];
  readonly timeoutMs: number;
}

const socketFacts: Readonly<Record<string, readonly [fact: string, remedy: string]>> = {
  ENOTFOUND: ['the name does not resolve', 'Correct the address in the inventory, or the name service of this machine.'],
  EAI_AGAIN: ['the name service gives no answer', 'Check the name service of this machine, or use an IP address.'],
  ECONNREFUSED: ['the connection was refused', 'Start sshd on the host, or correct address and port.'],
  EHOSTUNREACH: ['there is no route to the host', 'Check that the machine runs and can be reached from here.'],
  ENETUNREACH: ['the network is unreachable', 'Check the routes of this machine, or set ssh.jump.'],
  ETIMEDOUT: ['the connection timed out', 'Check that the machine runs and no firewall drops the port.'],
  ECONNRESET: [
    'the connection was reset before it was set up',
    'See the log of sshd; MaxStartups, PerSourcePenalties or a firewall may refuse this address.',
  ],
};

/** Names the fact and the remedy for a connection that did not come up. */
export function describeFailure(error: unknown, context: FailureContext): KclusterError {
  if (error instanceof KclusterError) return error;
  const failure = error as SshFailure;
  const { node, hop } = context;
  const where = `${context.isJump ? 'jump host ' : ''}${hostLabel(hop.host, hop.port)}`;
  const [fact, remedy] = factOf(failure, context);
  return new UnreachableError(`cannot reach ${where}: ${fact}`, { node, remedy, cause: error });
}

function factOf(failure: SshFailure, context: FailureContext): readonly [fact: string, remedy: string] {
  const text = printable(failure.message, 300);
  if (failure.level === 'client-authentication') {
    const tried = context.tried.length === 0 ? 'no key or password was there to try' : `tried ${context.tried.join(', ')}`;
    return [
      `it refused the login of ${context.hop.user} (${tried})`,
      `Put the public key into authorized_keys of ${context.hop.user}, or set ssh.user and ssh.identityFile in the inventory.`,
    ];
  }
  if (failure.level === 'client-timeout') {
    return [
      `no SSH session within ${context.timeoutMs} ms`,
      'See whether sshd on the host answers, and whether something between drops the traffic.',
    ];
  }
  const known = typeof failure.code === 'string' ? socketFacts[failure.code] : undefined;
  if (known !== undefined) return known;
  if (failure.level === 'handshake') {
    return [
      `no common way to talk: ${text}`,
      'Update sshd: kcluster speaks only algorithms without SHA-1, such as curve25519, AES-GCM and Ed25519.',
    ];
  }
  return [text, 'See the log of sshd on the host; MaxStartups or PerSourcePenalties may refuse this address.'];
}

/** A connection that broke after it was up. */
export function describeLoss(node: string, reason: Error | undefined): ConnectionLostError {
  const why =
    (reason as SshFailure | undefined)?.level === 'client-timeout'
      ? 'the host stopped answering'
      : printable(reason?.message ?? 'the host closed it', 300);
  return new ConnectionLostError(`the connection was lost: ${why}`, {
    node,
    remedy: 'Run the command again: it looks at the host first.',
    cause: reason,
  });
}
