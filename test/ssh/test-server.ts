import { spawn } from 'node:child_process';
import { type AddressInfo, connect } from 'node:net';
import { type Readable, Transform, type Writable } from 'node:stream';
import ssh2, { type Algorithms, type AuthContext, type Connection, type ParsedKey, type ServerChannel, type Session } from 'ssh2';

// Node finds only some of the names of this CommonJS package.
const { Server, utils } = ssh2;

export interface TestKey {
  readonly private: string;
  readonly public: string;
  readonly parsed: ParsedKey;
}

export function makeKey(type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519', passphrase?: string): TestKey {
  const locked = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 };
  const options = { comment: 'test', ...locked };
  const pair =
    type === 'ed25519'
      ? utils.generateKeyPairSync('ed25519', options)
      : type === 'ecdsa'
        ? utils.generateKeyPairSync('ecdsa', { bits: 256, ...options })
        : utils.generateKeyPairSync('rsa', { bits: 2048, ...options });
  const parsed = utils.parseKey(pair.public);
  // Once in some hundred times ssh2 writes an Ed25519 key that it cannot read itself.
  return parsed instanceof Error ? makeKey(type, passphrase) : { ...pair, parsed };
}

export interface TestServerOptions {
  readonly hostKeys: readonly TestKey[];
  readonly userKeys?: readonly TestKey[];
  readonly password?: string;
  /** Sessions open at once on one connection; more are refused as OpenSSH does. */
  readonly maxSessions?: number;
  /** Takes an exec over; returns false to let it run as usual. */
  readonly onExec?: (command: string, channel: ServerChannel, connection: Connection) => boolean;
  /** Plays the login shell; default /bin/sh. */
  readonly loginShell?: string;
  /** Stands in for /bin/sh in what the login shell is told to run. */
  readonly posixShell?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes what the shell is sent. */
  readonly rewriteInput?: (text: string) => string;
  readonly onConnection?: (connection: Connection) => void;
  readonly algorithms?: Algorithms;
  /** Refuses to forward. */
  readonly noForwarding?: boolean;
  /** Never answers an authentication request. */
  readonly stallsAuthentication?: boolean;
}

export interface TestServer {
  readonly port: number;
  /** Every authentication request but `none`. */
  readonly authAttempts: { readonly user: string; readonly method: string }[];
  readonly execs: string[];
  readonly connections: Set<Connection>;
  readonly openSessions: () => number;
  readonly mostSessions: () => number;
  /** Cuts every connection without a goodbye. */
  cut(): void;
  close(): Promise<void>;
}

/** A server on a free port of loopback whose exec really runs on this machine, in a process group of its own as under sshd. */
export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const state = { sessions: 0, mostSessions: 0 };
  const authAttempts: { user: string; method: string }[] = [];
  const execs: string[] = [];
  const connections = new Set<Connection>();
  const server = new Server(
    {
      hostKeys: options.hostKeys.map((key) => key.private),
      ...(options.algorithms === undefined ? {} : { algorithms: options.algorithms }),
    },
    (connection) => {
      const own = { sessions: 0 };
      connections.add(connection);
      options.onConnection?.(connection);
      // As OpenSSH does; otherwise every answer waits for a delayed acknowledgement.
      socketOf(connection).setNoDelay(true);
      connection.on('authentication', (context) => {
        if (context.method !== 'none') authAttempts.push({ user: context.username, method: context.method });
        if (options.stallsAuthentication) return;
        if (isWelcome(context, options)) context.accept();
        else context.reject(options.password === undefined ? ['publickey'] : ['publickey', 'password']);
      });
      connection.on('session', (accept, reject) => {
        if (own.sessions >= (options.maxSessions ?? 10)) return reject();
        own.sessions++;
        state.sessions++;
        state.mostSessions = Math.max(state.mostSessions, state.sessions);
        const session = accept();
        session.on('close', () => {
          own.sessions--;
          state.sessions--;
        });
        serveSession(session, connection, options, execs);
      });
      connection.on('tcpip', (accept, reject, info) => {
        if (options.noForwarding) return reject();
        const socket = connect(info.destPort, info.destIP);
        socket.on('error', () => reject());
        socket.on('connect', () => {
          const channel = accept();
          channel.on('error', () => socket.destroy());
          channel.on('close', () => socket.destroy());
          socket.on('close', () => channel.end());
          channel.pipe(socket).pipe(channel);
        });
      });
      connection.on('error', () => undefined);
      connection.on('close', () => connections.delete(connection));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    authAttempts,
    execs,
    connections,
    openSessions: () => state.sessions,
    mostSessions: () => state.mostSessions,
    cut: () => {
      for (const connection of connections) socketOf(connection).destroy();
    },
    close: async () => {
      for (const connection of connections) socketOf(connection).destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The socket is not part of the public interface of ssh2. */
export function socketOf(connection: Connection): { destroy(): void; setNoDelay(on: boolean): void } {
  return (connection as unknown as { _sock: { destroy(): void; setNoDelay(on: boolean): void } })._sock;
}

function isWelcome(context: AuthContext, options: TestServerOptions): boolean {
  if (context.method === 'password') return options.password !== undefined && context.password === options.password;
  if (context.method !== 'publickey') return false;
  const { key, signature, blob, hashAlgo } = context;
  const known = options.userKeys?.find((user) => user.parsed.getPublicSSH().equals(key.data));
  if (known === undefined) return false;
  return signature === undefined || (blob !== undefined && known.parsed.verify(blob, signature, hashAlgo) === true);
}

function serveSession(session: Session, connection: Connection, options: TestServerOptions, execs: string[]): void {
  session.on('exec', (accept, _reject, info) => {
    execs.push(info.command);
    const channel = accept();
    if (options.onExec?.(info.command, channel, connection) === true) return;
    runCommand(info.command, channel, options);
  });
}

type ShellOptions = Pick<TestServerOptions, 'loginShell' | 'posixShell' | 'environment' | 'rewriteInput'>;

export function runCommand(command: string, channel: ServerChannel, options: ShellOptions = {}): void {
  const text = command.replace('/bin/sh', options.posixShell ?? '/bin/sh');
  const child = spawn(options.loginShell ?? '/bin/sh', ['-c', text], { detached: true, env: { ...process.env, ...options.environment } });
  channel.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  channel.pipe(rewriting(options.rewriteInput)).pipe(child.stdin);
  const pump = takingTurns();
  pump(child.stdout, channel);
  pump(child.stderr, channel.stderr);
  // As sshd: the exit status goes out at once, the channel ends when the last holder of its streams does.
  child.on('exit', (code, signal) => {
    if (code === null) channel.exit(signal?.replace('SIG', '') ?? 'KILL', false, '');
    else channel.exit(code);
  });
  child.on('close', () => channel.end());
  // As sshd: a closed channel closes the pipes and leaves the process alone.
  channel.on('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
}

/** One stream at a time: ssh2 as a server forgets what waits for room on the second while the first waits too. sshd does not. */
function takingTurns(): (source: Readable, target: Writable) => void {
  let turn: Promise<void> = Promise.resolve();
  return (source, target) => {
    source.on('data', (chunk: Buffer) => {
      source.pause();
      turn = turn.then(() => new Promise<void>((done) => void target.write(chunk, () => done()))).then(() => void source.resume());
    });
  };
}

/** Tests may run without being root; the loop must still believe it is. */
function rewriting(rewrite: (text: string) => string = (text) => text): Transform {
  const asRoot = (text: string) => (process.getuid?.() === 0 ? text : text.replace('$(id -u)', '0'));
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(rewrite(asRoot(chunk.toString('latin1'))), 'latin1'));
    },
  });
}
