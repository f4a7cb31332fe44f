import { InternalError, KclusterError } from '../../errors.ts';
import type { Host } from '../host.ts';
import { type ConnectOptions, connectHost } from './connect-host.ts';
import { routeTo, type SshNode } from './route.ts';

export interface Connected {
  /** By node name; the nodes that could be reached. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** One for each node that could not, in the order of the nodes. */
  readonly failures: readonly KclusterError[];
}

/** sshd drops new connections at random from ten unauthenticated ones on (MaxStartups 10:30:100). */
const maxHandshakesPerJump = 8;

/** Connects to all nodes side by side and reports every failure; nothing is closed because another host failed. */
export async function connectAll(nodes: readonly SshNode[], options: ConnectOptions): Promise<Connected> {
  const gates = new Map<string, Gate>();
  const hosts = new Map<string, Host>();
  const outcomes = await Promise.allSettled(
    nodes.map(async (node) => {
      const host = await through(gateOf(gates, node, options), () => connectHost(node, options));
      hosts.set(node.name, host);
    }),
  );
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [asKclusterError(outcome.reason, nodes[index]?.name)] : [],
  );
  return { hosts: new Map(nodes.flatMap(({ name }) => hosts.get(name) ?? []).map((host) => [host.node, host])), failures };
}

interface Gate {
  free: number;
  readonly waiting: (() => void)[];
}

/** Nodes behind the same first jump host share a gate; a direct connection needs none. */
function gateOf(gates: Map<string, Gate>, node: SshNode, options: ConnectOptions): Gate | undefined {
  const [first, next] = routeOrNothing(node, options);
  if (first === undefined || next === undefined) return undefined;
  const label = `${first.host} ${first.port}`;
  const gate = gates.get(label) ?? { free: maxHandshakesPerJump, waiting: [] };
  gates.set(label, gate);
  return gate;
}

/** A wrong route is reported by `connectHost`, with the other failures. */
function routeOrNothing(node: SshNode, options: ConnectOptions): ReturnType<typeof routeTo> {
  try {
    return routeTo(node, options.sshConfig);
  } catch (error) {
    if (error instanceof KclusterError) return [];
    throw error;
  }
}

async function through<T>(gate: Gate | undefined, work: () => Promise<T>): Promise<T> {
  if (gate === undefined) return work();
  if (gate.free > 0) gate.free--;
  else await new Promise<void>((resolve) => gate.waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = gate.waiting.shift();
    if (next === undefined) gate.free++;
    else next();
  }
}

function asKclusterError(error: unknown, node: string | undefined): KclusterError {
  if (error instanceof KclusterError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new InternalError(message, { cause: error, ...(node === undefined ? {} : { node }) });
}
