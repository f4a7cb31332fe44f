import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { InternalError } from '../../errors.ts';
import { describeFailure } from './connection-failure.ts';
import { type HopOptions, openHop } from './open-hop.ts';
import type { Hop } from './route.ts';

/** An authenticated connection to a node, with the jump connections it runs through. */
export interface Connection {
  readonly client: Client;
  /** Set once the connection is gone, with the reason when one is known. */
  lost(): { readonly reason: Error | undefined } | undefined;
  onLost(listener: () => void): void;
  close(): void;
}

const goodbyeMs = 2_000;

/** Opens the hops one after the other, each verified and authenticated the same way. */
export async function openConnection(route: readonly Hop[], options: Omit<HopOptions, 'isJump'>): Promise<Connection> {
  const clients: Client[] = [];
  try {
    for (const [index, hop] of route.entries()) {
      const previous = clients.at(-1);
      const stream = previous === undefined ? undefined : await forward(previous, hop, options);
      clients.push(await openHop(hop, stream, { ...options, isJump: index < route.length - 1 }));
    }
  } catch (error) {
    for (const client of clients.toReversed()) client.destroy();
    throw error;
  }
  return watch(clients, options.node);
}

function forward(client: Client, hop: Hop, options: Omit<HopOptions, 'isJump'>): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  client.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, channel) => {
    if (!error) return resolve(channel);
    const cause = new Error(`the jump host opens no way to it: ${error.message}; AllowTcpForwarding may be off there`);
    reject(describeFailure(cause, { node: options.node, hop, isJump: false, tried: [], timeoutMs: options.connectTimeoutMs }));
  });
  return promise;
}

function watch(clients: readonly Client[], node: string): Connection {
  const client = clients.at(-1);
  if (client === undefined) throw new InternalError('a route without hops', { node });
  const listeners: (() => void)[] = [];
  const state: { lost?: { readonly reason: Error | undefined }; reason?: Error } = {};
  for (const each of clients) {
    each.on('error', (error: Error) => {
      state.reason ??= error;
    });
  }
  client.on('close', () => {
    state.lost ??= { reason: state.reason };
    for (const listener of listeners.splice(0)) listener();
  });
  return {
    client,
    lost: () => state.lost,
    onLost(listener) {
      if (state.lost === undefined) listeners.push(listener);
      else listener();
    },
    close() {
      for (const each of clients.toReversed()) {
        each.end();
        // A host that no longer answers must not keep this process waiting.
        setTimeout(() => each.destroy(), goodbyeMs).unref();
      }
    },
  };
}
