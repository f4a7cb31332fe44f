import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import { UnreachableError } from '../../errors.ts';
import { printable } from '../printable.ts';
import { Shell, type ShellProcess } from './shell.ts';
import { type Become, helloLine, loopLine, shellCommand, sudoPrompt } from './shell-loop.ts';

/** Talk of rc files and banners before the loop answers; more is not a shell we can use. */
const maxNoiseBytes = 1024 * 1024;

export interface ShellStart {
  readonly client: Client;
  readonly become: Become;
  /** Needed with `sudo-password`. */
  readonly sudoPassword?: string;
  /** The login need not be root. */
  readonly anyUser?: boolean;
  readonly timeoutMs: number;
}

/** Why no shell came up; `node` and remedy are added by the caller, who knows the settings. */
export class ShellRefused extends Error {
  readonly reason: 'channel' | 'closed' | 'sudo-denied' | 'password-needed' | 'password-wrong' | 'not-root' | 'timeout' | 'noise';
  /** What the host said, safe to show; rc files may have spoken first, the reason comes last. */
  readonly said: string;

  constructor(reason: ShellRefused['reason'], said: string) {
    super(`${reason}: ${said}`);
    this.reason = reason;
    this.said = said;
  }
}

/** Opens a channel and brings the loop up in it. @throws ShellRefused */
export async function startShell(start: ShellStart): Promise<Shell> {
  const channel = await openChannel(start.client, shellCommand(start.become));
  const nonce = randomBytes(16).toString('hex');
  const greeting = new Greeting(channel, nonce, start);
  const timer = setTimeout(() => greeting.fail(new ShellRefused('timeout', `no shell within ${start.timeoutMs} ms`)), start.timeoutMs);
  try {
    const process = await greeting.ready;
    return new Shell(channel, nonce, process);
  } catch (error) {
    channel.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    greeting.stop();
  }
}

function openChannel(client: Client, command: string): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  try {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(new ShellRefused('channel', printable(error.message, 300)));
        return;
      }
      // An error is followed by close, which everybody listens for.
      channel.on('error', () => undefined);
      resolve(channel);
    });
  } catch (error) {
    reject(new ShellRefused('channel', error instanceof Error ? error.message : String(error)));
  }
  return promise;
}

/** The talk from the opened channel to the loop's `ready`: skips noise and answers one password prompt. */
class Greeting {
  readonly ready: Promise<ShellProcess>;
  readonly #channel: ClientChannel;
  readonly #nonce: string;
  readonly #start: ShellStart;
  readonly #resolve: (process: ShellProcess) => void;
  readonly #reject: (error: Error) => void;
  readonly #listeners: readonly (() => void)[];
  #stdout = '';
  #stderr = '';
  #prompts = 0;
  #loopSent = false;

  constructor(channel: ClientChannel, nonce: string, start: ShellStart) {
    const { promise, resolve, reject } = Promise.withResolvers<ShellProcess>();
    this.ready = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#channel = channel;
    this.#nonce = nonce;
    this.#start = start;
    const onStdout = (chunk: Buffer) => this.#hearStdout(chunk.toString('latin1'));
    const onStderr = (chunk: Buffer) => this.#hearStderr(chunk.toString('latin1'));
    const onClose = () => this.fail(this.#refusal());
    const onError = (error: Error) => this.fail(error);
    channel.on('data', onStdout);
    channel.stderr.on('data', onStderr);
    channel.on('close', onClose);
    channel.on('error', onError);
    this.#listeners = [
      () => channel.off('data', onStdout),
      () => channel.stderr.off('data', onStderr),
      () => channel.off('close', onClose),
      () => channel.off('error', onError),
    ];
    // sudo -S reads its password first, so there the loop waits until the bootstrap has said hello.
    if (start.become !== 'sudo-password') this.#sendLoop();
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  stop(): void {
    for (const remove of this.#listeners) remove();
  }

  #sendLoop(): void {
    if (this.#loopSent) return;
    this.#loopSent = true;
    this.#channel.write(loopLine(this.#nonce));
  }

  #hearStdout(text: string): void {
    this.#stdout += text;
    if (this.#stdout.includes(`${helloLine}\n`)) this.#sendLoop();
    const ready = new RegExp(`${this.#nonce} ready (\\d+) (\\d+) (\\d+) (\\d+)\\n`).exec(this.#stdout);
    if (ready === null) {
      this.#limitNoise();
      return;
    }
    const [pid, group, session, uid] = ready.slice(1).map(Number);
    if (uid === 0 || this.#start.anyUser === true) this.#resolve({ pid: pid ?? 0, group: group ?? 0, session: session ?? 0 });
    else this.fail(new ShellRefused('not-root', `user id ${uid}`));
  }

  #hearStderr(text: string): void {
    this.#stderr += text;
    const prompts = this.#stderr.split(sudoPrompt).length - 1;
    if (prompts > this.#prompts) {
      this.#prompts = prompts;
      // A second prompt means the first answer was wrong; asking again could lock the account.
      if (prompts > 1 || this.#start.sudoPassword === undefined) this.fail(this.#refusal());
      else this.#channel.write(`${this.#start.sudoPassword}\n`);
    }
    this.#limitNoise();
  }

  #limitNoise(): void {
    if (this.#stdout.length + this.#stderr.length > maxNoiseBytes)
      this.fail(new ShellRefused('noise', 'over 1 MiB of output before the shell'));
  }

  #refusal(): ShellRefused {
    const said = printable(this.#stderr.replaceAll(sudoPrompt, '') || this.#stdout.replaceAll(helloLine, ''));
    return new ShellRefused(this.#refusalReason(), said);
  }

  #refusalReason(): ShellRefused['reason'] {
    const stderr = this.#stderr;
    if (this.#prompts > 1 || (this.#prompts === 1 && /incorrect|try again/i.test(stderr))) return 'password-wrong';
    if (this.#start.become === 'sudo' && /password is required/i.test(stderr)) return 'password-needed';
    return this.#start.become !== 'none' && /sudoers|not allowed|may not run|must have a tty/i.test(stderr) ? 'sudo-denied' : 'closed';
  }
}

const remedies: Readonly<Record<ShellRefused['reason'], string>> = {
  channel: 'Raise MaxSessions in sshd_config of the host to at least 8, and allow exec requests.',
  closed: 'Give the user a login shell that can run `exec /bin/sh`, and with ssh.become: sudo see that sudo is there.',
  'sudo-denied': 'Let the user run /bin/sh as root in sudoers, without requiretty.',
  'password-needed': 'Allow sudo without a password (NOPASSWD), or run in a terminal to be asked for it.',
  'password-wrong': 'Check the sudo password; it was tried once only, so that no account is locked.',
  'not-root': 'Log in as root (ssh.user: root) or set ssh.become: sudo.',
  timeout: 'See on the host what the login shell or sudo waits for.',
  noise: 'Stop the rc files of the login shell from writing endlessly.',
};

/** The refusal as an error of the node. */
export function shellError(node: string, user: string, refused: ShellRefused): UnreachableError {
  const lastLine = refused.said.split('\n').at(-1) ?? '';
  const facts: Readonly<Record<ShellRefused['reason'], string>> = {
    channel: `SSH works, but the host opens no session: ${refused.said}`,
    closed: `the login of ${user} ended before a shell came up${lastLine === '' ? '' : `: ${lastLine}`}`,
    'sudo-denied': `sudo refuses ${user}: ${lastLine}`,
    'password-needed': `sudo asks ${user} for a password`,
    'password-wrong': `sudo refused the password of ${user}`,
    'not-root': `logged in as ${user}, which is not root (${refused.said})`,
    timeout: `SSH works, but ${refused.said}`,
    noise: refused.said,
  };
  return new UnreachableError(facts[refused.reason], { node, remedy: remedies[refused.reason], output: refused.said, cause: refused });
}
