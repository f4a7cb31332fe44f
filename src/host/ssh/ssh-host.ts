import { InternalError, InterruptedError } from '../../errors.ts';
import type { Download, Downloaded, Host, RunOptions, RunResult, Upload } from '../host.ts';
import type { RunLog } from '../run-log.ts';
import { downloadCommand, IncomingFile } from './download.ts';
import type { Link } from './link.ts';
import { LineSplitter } from './output.ts';
import { type Command, runCommand } from './run-command.ts';
import { checkSource, uploadCommand, uploadFailure } from './upload.ts';

/** Silence of the connection after which the host ends what is followed. */
const leashSeconds = 30;
/** What a follow resolves with when the signal ended it: 128 + SIGTERM. */
const endedBySignal = 143;

export interface SshHostOptions {
  readonly node: string;
  readonly log: RunLog;
  /** Opens a fresh connection: at once, and again when a command comes after a loss. */
  readonly openLink: () => Promise<Link>;
}

/** The `Host` over SSH. */
export class SshHost implements Host {
  readonly node: string;
  readonly #log: RunLog;
  readonly #openLink: () => Promise<Link>;
  readonly #killings = new Set<Promise<void>>();
  #link: Promise<Link>;
  #roundTrips = 0;
  #isClosed = false;

  private constructor(options: SshHostOptions, link: Link) {
    this.node = options.node;
    this.#log = options.log;
    this.#openLink = options.openLink;
    this.#link = Promise.resolve(link);
  }

  /** @throws UnreachableError, ConfigurationError, InterruptedError */
  static async connect(options: SshHostOptions): Promise<SshHost> {
    return new SshHost(options, await options.openLink());
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  async run(script: string, options: RunOptions = {}): Promise<RunResult> {
    const { stdin, ...rest } = options;
    this.#refuseNul(script, stdin);
    return this.#perform({
      ...rest,
      lane: 'run',
      script,
      input: stdin === undefined ? { kind: 'none' } : { kind: 'whole', bytes: Buffer.from(stdin) },
    });
  }

  async upload(file: Upload, onProgress?: (sentBytes: number) => void, signal?: AbortSignal): Promise<void> {
    await checkSource(this.node, file);
    const result = await this.#perform({ ...uploadCommand(file, onProgress), signal });
    const failure = uploadFailure(this.node, file, result);
    if (failure !== undefined) throw failure;
  }

  async download(file: Download, onProgress?: (receivedBytes: number) => void, signal?: AbortSignal): Promise<Downloaded> {
    await using incoming = await IncomingFile.open(file, onProgress);
    try {
      const result = await this.#perform({ ...downloadCommand(file, (chunk, flow) => incoming.take(chunk, flow)), signal });
      return await incoming.finish(this.node, result);
    } catch (error) {
      throw incoming.failure?.error ?? error;
    }
  }

  /** What is followed ends with the connection, or when that is silent for 30 s; an abort resolves with 143. */
  async follow(script: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<number> {
    this.#refuseNul(script);
    const broken: { error?: unknown } = {};
    const lines = new LineSplitter(onLine);
    const onStdout = (chunk: Buffer) => {
      try {
        lines.add(chunk);
      } catch (error) {
        broken.error = error;
        throw error;
      }
    };
    try {
      const { code } = await this.#perform({ lane: 'follow', script, input: { kind: 'leash', seconds: leashSeconds }, signal, onStdout });
      lines.end();
      return code;
    } catch (error) {
      if ('error' in broken) throw broken.error;
      if (error instanceof InterruptedError) return endedBySignal;
      throw error;
    }
  }

  /** Waits for what is being ended on the host, not for commands under way: they reject. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#killings);
    const [link] = await Promise.allSettled([this.#link]);
    if (link.status === 'fulfilled') link.value.close();
  }

  #perform(command: Command): Promise<RunResult> {
    this.#roundTrips++;
    const onKill = (killing: Promise<void>) => {
      this.#killings.add(killing);
      killing.finally(() => this.#killings.delete(killing));
    };
    return runCommand(command, { node: this.node, log: this.#log, link: () => this.#currentLink(), onKill });
  }

  /** After a loss the next command opens a new connection; several wait for the same one. */
  async #currentLink(): Promise<Link> {
    if (this.#isClosed) throw new InternalError('the connection was closed by kcluster itself', { node: this.node });
    const known = this.#link;
    const [link] = await Promise.allSettled([known]);
    if (link.status === 'fulfilled' && link.value.lost() === undefined) return link.value;
    if (this.#link === known) this.#link = this.#openLink();
    return this.#link;
  }

  #refuseNul(script: string, stdin = ''): void {
    if (`${script}${stdin}`.includes('\0')) throw new InternalError('a script or its input holds a NUL byte', { node: this.node });
  }
}
