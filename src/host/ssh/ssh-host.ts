import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ArtifactError, ConnectionLostError, InternalError, InterruptedError, KclusterError, StoppedError } from '../../errors.ts';
import type { Host, RunOptions, RunResult, Upload } from '../host.ts';
import { printable } from '../printable.ts';
import type { RunLog, RunLogEntry } from '../run-log.ts';
import type { Link } from './link.ts';
import { LineSplitter, OutputBudget, OutputCollector } from './output.ts';
import type { Shell, ShellInput } from './shell.ts';
import type { Lane } from './shell-pool.ts';
import { mismatchStatus, uploadScript } from './upload-script.ts';

const maxOutputBytes = 16 * 1024 * 1024;
const maxLoggedText = 16 * 1024;
const leashSeconds = 30;
const uploadChunkBytes = 256 * 1024;
/** What an ended follow resolves with when the signal ended it: 128 + SIGTERM. */
const endedBySignal = 143;

export interface SshHostOptions {
  readonly node: string;
  readonly log: RunLog;
  /** Opens a fresh connection; called at once, and again after a loss when the next command comes. */
  readonly openLink: () => Promise<Link>;
}

/** What goes over a shell, and what is written down about it. */
interface Command {
  readonly lane: Lane;
  readonly script: string;
  readonly input: ShellInput;
  readonly title: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  /** Text of the log in place of the script. */
  readonly logged?: string;
  readonly onStdout?: (chunk: Buffer) => void;
}

/** The `Host` over SSH. */
export class SshHost implements Host {
  readonly node: string;
  readonly #log: RunLog;
  readonly #openLink: () => Promise<Link>;
  readonly #endings = new Set<Promise<void>>();
  #link: Promise<Link>;
  #roundTrips = 0;
  #closed = false;

  private constructor(options: SshHostOptions, link: Link) {
    this.node = options.node;
    this.#log = options.log;
    this.#openLink = options.openLink;
    this.#link = Promise.resolve(link);
  }

  static async connect(options: SshHostOptions): Promise<SshHost> {
    return new SshHost(options, await options.openLink());
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  async run(script: string, options: RunOptions = {}): Promise<RunResult> {
    const { stdin, title, signal, timeoutMs } = options;
    if (script.includes('\0') || stdin?.includes('\0'))
      throw new InternalError('a script or its input holds a NUL byte', { node: this.node });
    const input: ShellInput = stdin === undefined ? { kind: 'none' } : { kind: 'whole', bytes: Buffer.from(stdin, 'utf8') };
    return this.#perform({ lane: 'run', script, input, title, signal, timeoutMs });
  }

  async upload(file: Upload, onProgress?: (sentBytes: number) => void, signal?: AbortSignal): Promise<void> {
    await this.#checkSource(file);
    const input: ShellInput = {
      kind: 'stream',
      sizeBytes: file.sizeBytes,
      chunks: createReadStream(file.source, { highWaterMark: uploadChunkBytes }),
      ...(onProgress === undefined ? {} : { onSent: onProgress }),
    };
    const logged = `upload ${file.source} (${file.sizeBytes} bytes, sha256 ${file.sha256}) to ${file.path}`;
    const result = await this.#perform({
      lane: 'upload',
      script: uploadScript(file),
      input,
      title: undefined,
      signal,
      timeoutMs: undefined,
      logged,
    });
    if (result.code === 0) return;
    if (result.code === mismatchStatus) {
      throw new ArtifactError(
        `${file.path} arrived with sha256 ${printable(result.stdout, 80)} instead of ${file.sha256}; it was removed`,
        {
          node: this.node,
          remedy: `Check ${file.source} against its published checksum, then run the command again.`,
        },
      );
    }
    throw new StoppedError(`could not store ${file.path}: ${printable(result.stderr, 500) || `exit status ${result.code}`}`, {
      node: this.node,
      remedy: 'See that the file system has room and is writable, then run the command again.',
      output: printable(result.stderr),
    });
  }

  async follow(script: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<number> {
    if (script.includes('\0')) throw new InternalError('a script holds a NUL byte', { node: this.node });
    const lines = new LineSplitter(onLine);
    const command: Command = {
      lane: 'follow',
      script,
      input: { kind: 'leash', seconds: leashSeconds },
      title: undefined,
      signal,
      timeoutMs: undefined,
      onStdout: (chunk) => lines.add(chunk),
    };
    try {
      const { code } = await this.#perform(command);
      lines.end();
      return code;
    } catch (error) {
      if (error instanceof InterruptedError) return endedBySignal;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#endings);
    const [link] = await Promise.allSettled([this.#link]);
    if (link.status === 'fulfilled') link.value.close();
  }

  async #perform(command: Command): Promise<RunResult> {
    this.#roundTrips++;
    const began = new Date();
    const startMs = performance.now();
    const abandon: { shell?: Shell } = {};
    const budget = new OutputBudget(maxOutputBytes, () => abandon.shell?.discard(this.#tooMuchOutput()));
    const stdout = new OutputCollector(budget);
    const stderr = new OutputCollector(budget);
    const record = (outcome: Partial<RunLogEntry>) =>
      this.#log.record({
        time: began.toISOString(),
        node: this.node,
        kind: command.lane,
        ...(command.title === undefined ? {} : { title: command.title }),
        script: command.logged ?? command.script,
        ms: Math.round((performance.now() - startMs) * 10) / 10,
        stdoutBytes: stdout.sizeBytes,
        stderrBytes: stderr.sizeBytes,
        ...outcome,
      });
    try {
      const code = await this.#withShell(command, (shell) => {
        abandon.shell = shell;
        return shell.execute({
          ...command,
          onStdout: command.onStdout ?? ((chunk) => stdout.add(chunk)),
          onStderr: (chunk) => stderr.add(chunk),
        });
      });
      const result = { code, stdout: stdout.text(), stderr: stderr.text() };
      record(
        code === 0 ? { code } : { code, stdout: printable(result.stdout, maxLoggedText), stderr: printable(result.stderr, maxLoggedText) },
      );
      return result;
    } catch (error) {
      const named = await this.#name(error);
      record({ error: named.message, stderr: printable(stderr.text(), maxLoggedText) });
      throw named;
    }
  }

  async #withShell(command: Command, work: (shell: Shell) => Promise<number>): Promise<number> {
    if (command.signal?.aborted) throw this.#interrupted();
    const link = await this.#currentLink();
    return link.pool.use(command.lane, command.signal, (shell) => this.#supervise(shell, link, command, work));
  }

  /** Gives the command up at the deadline or when the signal says so, and ends what it left running. */
  async #supervise(shell: Shell, link: Link, command: Command, work: (shell: Shell) => Promise<number>): Promise<number> {
    const giveUp = (reason: KclusterError) => {
      shell.discard(reason);
      // A follow is on a leash: it ends with its channel.
      if (command.lane === 'run') this.#end(link.kill(shell.process));
    };
    const onAbort = () => giveUp(this.#interrupted());
    const { signal, timeoutMs } = command;
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => giveUp(this.#timedOut(command, timeoutMs)), timeoutMs);
    try {
      return await work(shell);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (command.lane === 'follow') shell.discard(new Error('the follow has ended'));
    }
  }

  #end(killing: Promise<void>): void {
    this.#endings.add(killing);
    killing.finally(() => this.#endings.delete(killing));
  }

  /** After a loss the next command opens a new connection; several wait for the same one. */
  async #currentLink(): Promise<Link> {
    if (this.#closed) throw new InternalError('the connection was closed by kcluster itself', { node: this.node });
    const opening = this.#link;
    const [link] = await Promise.allSettled([opening]);
    if (link.status === 'fulfilled' && link.value.lost() === undefined) return link.value;
    if (this.#link === opening) this.#link = this.#openLink();
    return this.#link;
  }

  async #checkSource(file: Upload): Promise<void> {
    const found = await stat(file.source).catch((error: unknown) => error);
    if (found instanceof Error) {
      throw new ArtifactError(`cannot read ${file.source}: ${found.message}`, {
        node: this.node,
        remedy: 'Fetch the artifact again.',
        cause: found,
      });
    }
    const { size } = found as { readonly size: number };
    if (size === file.sizeBytes) return;
    throw new ArtifactError(`${file.source} has ${size} bytes instead of ${file.sizeBytes}`, {
      node: this.node,
      remedy: 'Fetch the artifact again.',
    });
  }

  /** Only an answer of the shell is an outcome; everything else is named for what it is. */
  async #name(error: unknown): Promise<KclusterError> {
    if (error instanceof KclusterError) return error;
    const [link] = await Promise.allSettled([this.#link]);
    const loss = link.status === 'fulfilled' ? link.value.lost() : undefined;
    if (loss !== undefined) return loss;
    if (error instanceof DOMException && error.name === 'AbortError') return this.#interrupted();
    const why = printable(error instanceof Error ? error.message : String(error), 300);
    return new ConnectionLostError(`the shell ended before the command did (${why}): its outcome is unknown`, {
      node: this.node,
      remedy: 'Run the command again: it looks at the host first.',
      cause: error,
    });
  }

  #interrupted(): InterruptedError {
    return new InterruptedError('the command was stopped', { node: this.node });
  }

  #timedOut(command: Command, timeoutMs: number): ConnectionLostError {
    return new ConnectionLostError(`${command.title ?? 'a command'} gave no answer within ${timeoutMs} ms: its outcome is unknown`, {
      node: this.node,
      remedy: 'See what keeps the host busy, then run the command again.',
    });
  }

  #tooMuchOutput(): ConnectionLostError {
    return new ConnectionLostError(`a command wrote more than ${maxOutputBytes} bytes and was cut off: its outcome is unknown`, {
      node: this.node,
      remedy: 'See on the host why it writes so much.',
    });
  }
}
