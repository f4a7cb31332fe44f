import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import { InterruptedError } from '../../errors.ts';
import { algorithmsFor } from './algorithms.ts';
import { authAttempts, authHandler, type Tried } from './auth-attempts.ts';
import { describeFailure } from './connection-failure.ts';
import type { Credentials } from './credentials.ts';
import type { HostKeyTrust } from './host-key-trust.ts';
import { PausableTimer } from './pausable-timer.ts';
import type { Hop } from './route.ts';

export interface HopOptions {
  readonly node: string;
  readonly isJump: boolean;
  readonly trust: HostKeyTrust;
  readonly credentials: Credentials;
  /** For this hop; waiting for a person's answer does not count. */
  readonly connectTimeoutMs: number;
  readonly keepaliveMs?: number;
  readonly signal?: AbortSignal;
}

const defaultKeepaliveMs = 5_000;
/** ssh2 gives up at the interval after the last miss: 15 s in all. */
const keepaliveMisses = 2;

/** Connects, verifies the host key, then authenticates. @throws UnreachableError, ConfigurationError, InterruptedError */
export async function openHop(hop: Hop, through: Duplex | undefined, options: HopOptions): Promise<Client> {
  const tried: Tried = [];
  const client = new Client();
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  // Whatever stops us first is thrown below; what comes after it is of no interest.
  promise.catch(() => undefined);
  const timer = new PausableTimer(options.connectTimeoutMs, () => reject(Object.assign(new Error('timeout'), { level: 'client-timeout' })));
  const onAbort = () => reject(new InterruptedError('stopped while connecting', { node: options.node }));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  client.on('ready', () => resolve(client));
  client.on('error', (error) => {
    // An agent that fails to sign is one method less, not the end.
    if (error.level !== 'agent') reject(error);
  });
  client.on('close', () => reject(new Error('it closed the connection before the session was set up')));
  try {
    options.signal?.throwIfAborted();
    const socket = through ?? dial(hop);
    start(client, { hop, socket, tried, timer, reject, options });
    return await promise;
  } catch (error) {
    client.destroy();
    through?.destroy();
    if (options.signal?.aborted) throw new InterruptedError('stopped while connecting', { node: options.node, cause: error });
    throw describeFailure(error, { node: options.node, hop, isJump: options.isJump, tried, timeoutMs: options.connectTimeoutMs });
  } finally {
    timer.stop();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

interface Attempt {
  readonly hop: Hop;
  readonly socket: Duplex;
  readonly tried: Tried;
  readonly timer: PausableTimer;
  readonly reject: (error: unknown) => void;
  readonly options: HopOptions;
}

function start(client: Client, { hop, socket, tried, timer, reject, options }: Attempt): void {
  const { trust, node } = options;
  const credentials = pausing(options.credentials, timer);
  client.connect({
    sock: socket,
    username: hop.user,
    algorithms: algorithmsFor(trust.knownTypes(hop.host, hop.port, hop.hostKey)),
    readyTimeout: 0,
    keepaliveInterval: options.keepaliveMs ?? defaultKeepaliveMs,
    keepaliveCountMax: keepaliveMisses,
    authHandler: authHandler(authAttempts(node, hop, credentials, tried), tried, reject),
    hostVerifier: (key: Buffer, verify: (isTrusted: boolean) => void) => {
      const shown = {
        node,
        host: hop.host,
        port: hop.port,
        key: Buffer.from(key),
        ...(hop.hostKey === undefined ? {} : { pinned: hop.hostKey }),
      };
      timer
        .pausedDuring(trust.judge(shown))
        .then(() => verify(true))
        .catch((error: unknown) => {
          reject(error);
          verify(false);
        });
    },
  });
}

/** Without noDelay a small request waits for the peer's delayed acknowledgement, about 40 ms each. */
function dial(hop: Hop): Socket {
  const socket = new Socket();
  socket.setNoDelay(true);
  socket.connect({ host: hop.host, port: hop.port });
  return socket;
}

function pausing(credentials: Credentials, timer: PausableTimer): Credentials {
  return {
    agentSocket: credentials.agentSocket,
    defaultKeyFiles: credentials.defaultKeyFiles,
    passphrase: (file, attempt) => timer.pausedDuring(credentials.passphrase(file, attempt)),
    password: (hop) => timer.pausedDuring(credentials.password(hop)),
    sudoPassword: () => timer.pausedDuring(credentials.sudoPassword()),
  };
}
