import type { ClientChannel } from 'ssh2';
import { MarkerScanner } from './marker-scanner.ts';

/** What a script gets on standard input; see shell-loop for the frames. */
export type ShellInput =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly sizeBytes: number; readonly chunks: AsyncIterable<Buffer>; onSent?(sentBytes: number): void }
  /** Nothing; the script is killed when the connection has been silent for `seconds`. */
  | { readonly kind: 'leash'; readonly seconds: number };

/** Holds the host back while what it sent is worked on; an answer is not seen before the flow goes on. */
export interface Flow {
  pause(): void;
  resume(): void;
}

export interface ShellCommand {
  readonly script: string;
  readonly input: ShellInput;
  onStdout(chunk: Buffer, flow: Flow): void;
  onStderr(chunk: Buffer): void;
}

/** Process ids on the host, for killing what runs in a shell from outside it. */
export interface ShellProcess {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
}

/** The channel went away before the answer: whether the script ran is unknown. */
export class ShellClosed extends Error {}

const leashBeatMs = 5_000;
/** How long output may follow the news that the shell has exited. */
const lastWordsMs = 1_000;

interface Pending {
  readonly stdout: MarkerScanner;
  readonly stderr: MarkerScanner;
  status: number | undefined;
  stderrEnded: boolean;
  readonly resolve: (status: number) => void;
  readonly reject: (error: Error) => void;
}

/** One channel that runs the shell loop: one command at a time, in order. */
export class Shell {
  readonly process: ShellProcess;
  readonly #channel: ClientChannel;
  readonly #nonce: string;
  readonly #flow: Flow;
  #pending: Pending | undefined;
  #closed: Error | undefined;

  /** The channel must be at the point where the loop has answered `ready`. */
  constructor(channel: ClientChannel, nonce: string, process: ShellProcess) {
    this.#channel = channel;
    this.#nonce = nonce;
    this.#flow = { pause: () => channel.pause(), resume: () => channel.resume() };
    this.process = process;
    channel.on('data', (chunk: Buffer) => this.#receive('stdout', chunk));
    channel.stderr.on('data', (chunk: Buffer) => this.#receive('stderr', chunk));
    channel.on('error', (error: Error) => this.#close(error));
    channel.on('close', () => this.#close(new ShellClosed('the channel closed')));
    // A dead shell's child may keep the streams open for ever; what was written before still arrives.
    channel.on('exit', () => setTimeout(() => this.#close(new ShellClosed('the shell is gone')), lastWordsMs).unref());
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Resolves with the exit status. @throws ShellClosed, or the reason given to `discard` */
  async execute(command: ShellCommand): Promise<number> {
    if (this.#closed !== undefined) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#pending = {
      stdout: new MarkerScanner(this.#nonce, (chunk) => command.onStdout(chunk, this.#flow)),
      stderr: new MarkerScanner(this.#nonce, (chunk) => command.onStderr(chunk)),
      status: undefined,
      stderrEnded: false,
      resolve,
      reject,
    };
    const script = Buffer.from(command.script, 'utf8');
    this.#channel.write(Buffer.concat([Buffer.from(`${script.length} ${frameOf(command.input)}\n`), script]));
    const stopInput = this.#feed(command.input);
    try {
      return await promise;
    } finally {
      stopInput();
    }
  }

  /** Closes the channel; a command under way is rejected with `reason`. */
  discard(reason: Error): void {
    this.#close(reason);
  }

  #feed(input: ShellInput): () => void {
    if (input.kind === 'whole') this.#channel.write(input.bytes);
    if (input.kind === 'leash') {
      const timer = setInterval(() => this.#channel.write('.'), leashBeatMs);
      return () => clearInterval(timer);
    }
    if (input.kind === 'stream') this.#stream(input).catch((error: unknown) => this.#close(asError(error)));
    return () => undefined;
  }

  async #stream(input: ShellInput & { kind: 'stream' }): Promise<void> {
    let sentBytes = 0;
    for await (const chunk of input.chunks) {
      if (this.#closed !== undefined) return;
      sentBytes += chunk.length;
      if (sentBytes > input.sizeBytes) throw new RangeError('more input than announced');
      if (!this.#channel.write(chunk)) await this.#drained();
      input.onSent?.(sentBytes);
    }
    if (sentBytes < input.sizeBytes) throw new RangeError('less input than announced');
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => {
      this.#channel.off('drain', done);
      this.#channel.off('close', done);
      resolve();
    };
    this.#channel.on('drain', done);
    this.#channel.on('close', done);
    return promise;
  }

  /** Bytes outside a command come from leftover background processes and are dropped. */
  #receive(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    try {
      const answer = pending[stream].push(chunk);
      if (answer === undefined) return;
      if (stream === 'stderr') pending.stderrEnded = true;
      else pending.status = readStatus(answer);
    } catch (error) {
      this.#close(asError(error));
      return;
    }
    if (pending.status === undefined || !pending.stderrEnded) return;
    this.#pending = undefined;
    pending.resolve(pending.status);
  }

  #close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#channel.destroy();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(reason);
  }
}

function frameOf(input: ShellInput): string {
  switch (input.kind) {
    case 'none':
      return '-';
    case 'whole':
      return `=${input.bytes.length}`;
    case 'stream':
      return `+${input.sizeBytes}`;
    case 'leash':
      return `@${input.seconds}`;
  }
}

function readStatus(answer: string): number {
  if (!/^\d{1,3}$/.test(answer)) throw new RangeError('the marker line holds no exit status');
  return Number(answer);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
