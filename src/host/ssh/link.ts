import type { KclusterError } from '../../errors.ts';
import { type Connection, openConnection } from './connection.ts';
import { describeLoss } from './connection-failure.ts';
import type { Credentials } from './credentials.ts';
import type { HostKeyTrust } from './host-key-trust.ts';
import { killScript } from './kill-script.ts';
import type { Hop, SshNode } from './route.ts';
import type { Shell, ShellProcess } from './shell.ts';
import type { Become } from './shell-loop.ts';
import { ShellPool } from './shell-pool.ts';
import { ShellRefused, shellError, startShell } from './start-shell.ts';

export interface LinkOptions {
  readonly node: SshNode;
  readonly route: readonly Hop[];
  readonly trust: HostKeyTrust;
  readonly credentials: Credentials;
  readonly connectTimeoutMs: number;
  readonly keepaliveMs?: number;
  readonly signal?: AbortSignal;
  /** Shells of whoever logs in, rather than of root. */
  readonly anyUser?: boolean;
}

/** One connection with its shells as root; when it is lost a new link is opened, never this one repaired. */
export interface Link {
  readonly pool: ShellPool;
  /** Set once the connection is gone. */
  lost(): KclusterError | undefined;
  /** Ends what runs in a shell, through a channel of its own; never rejects. */
  kill(process: ShellProcess): Promise<void>;
  close(): void;
}

const killTimeoutMs = 5_000;

/** @throws UnreachableError, ConfigurationError, InterruptedError */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { node, route } = options;
  const connection = await openConnection(route, { ...options, node: node.name });
  const lost = () => {
    const loss = connection.lost();
    return loss === undefined ? undefined : describeLoss(node.name, loss.reason);
  };
  const user = route.at(-1)?.user ?? node.ssh.user;
  try {
    const { shell, start } = await firstShell(connection, options);
    const pool = new ShellPool(shell, () =>
      start().catch((error: unknown) => Promise.reject(lost() ?? nameFailure(error, node.name, user))),
    );
    connection.onLost(() => pool.close(describeLoss(node.name, connection.lost()?.reason)));
    return { pool, lost, kill: (process) => kill(start, process), close: () => connection.close() };
  } catch (error) {
    connection.close();
    throw nameFailure(error, node.name, user);
  }
}

/** The first shell shows at once whether the login is root, or becomes root, and how. */
async function firstShell(
  connection: Connection,
  options: LinkOptions,
): Promise<{ readonly shell: Shell; readonly start: () => Promise<Shell> }> {
  const { client } = connection;
  const starter = (become: Become, sudoPassword?: string) => () =>
    startShell({
      client,
      become,
      timeoutMs: options.connectTimeoutMs,
      anyUser: options.anyUser === true,
      ...(sudoPassword === undefined ? {} : { sudoPassword }),
    });
  const start = starter(options.node.ssh.become);
  try {
    return { shell: await start(), start };
  } catch (error) {
    if (!(error instanceof ShellRefused) || error.reason !== 'password-needed') throw error;
    const password = await options.credentials.sudoPassword();
    if (password === undefined) throw error;
    const startWithPassword = starter('sudo-password', password);
    return { shell: await startWithPassword(), start: startWithPassword };
  }
}

function nameFailure(error: unknown, node: string, user: string): unknown {
  return error instanceof ShellRefused ? shellError(node, user, error) : error;
}

async function kill(start: () => Promise<Shell>, process: ShellProcess): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(() => timeout.resolve(), killTimeoutMs);
  const ignore = () => undefined;
  const killing = start().then(async (shell) => {
    await shell.execute({ script: killScript(process), input: { kind: 'none' }, onStdout: ignore, onStderr: ignore }).catch(ignore);
    shell.discard(new Error('done'));
  }, ignore);
  await Promise.race([killing, timeout.promise]);
  clearTimeout(timer);
}
