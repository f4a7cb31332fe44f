import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Download, Downloaded, Host, RunOptions, RunResult, Upload } from '../host.ts';

/** A canned result, an error to reject with, or a function that makes one of the two. */
export type FakeReply =
  | Partial<RunResult>
  | Error
  | ((script: string, options: RunOptions) => Partial<RunResult> | Error | Promise<Partial<RunResult>>);

export interface SentCommand {
  readonly kind: 'run' | 'follow';
  readonly script: string;
  readonly stdin?: string;
  readonly title?: string;
}

interface Rule {
  readonly matches: (script: string) => boolean;
  readonly reply: FakeReply;
  readonly isOnce: boolean;
}

/** An in-memory host: answers by rule, records what was sent, and rejects what no rule expects. */
export class FakeHost implements Host {
  readonly node: string;
  /** In the order of sending. */
  readonly sent: SentCommand[] = [];
  readonly uploads: Upload[] = [];
  readonly downloads: Download[] = [];
  readonly #files = new Map<string, Buffer | Error>();
  #rules: readonly Rule[] = [];
  #uploadReply: Error | undefined;
  #roundTrips = 0;
  #isClosed = false;

  constructor(node = 'cp1') {
    this.node = node;
  }

  /** Answers every script that equals the text or matches the pattern; of several rules the latest wins. */
  on(matcher: string | RegExp, reply: FakeReply = {}): this {
    return this.#addRule(matcher, reply, false);
  }

  /** As `on`, for the next such script only; rules made with `once` are used up in their order, before all others. */
  once(matcher: string | RegExp, reply: FakeReply = {}): this {
    return this.#addRule(matcher, reply, true);
  }

  /** Uploads from now on reject with the error; undefined lets them succeed again. */
  failUploads(error: Error | undefined): this {
    this.#uploadReply = error;
    return this;
  }

  /** What a download of this path gives, or rejects with. */
  serve(path: string, content: Buffer | Error): this {
    this.#files.set(path, content);
    return this;
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async run(script: string, options: RunOptions = {}): Promise<RunResult> {
    const { stdin, title } = options;
    this.sent.push({ kind: 'run', script, ...(stdin === undefined ? {} : { stdin }), ...(title === undefined ? {} : { title }) });
    return this.#answer(script, options);
  }

  async upload(file: Upload, onProgress?: (sentBytes: number) => void): Promise<void> {
    this.#roundTrips++;
    this.uploads.push(file);
    if (this.#uploadReply !== undefined) throw this.#uploadReply;
    onProgress?.(file.sizeBytes);
  }

  /** Unverified: what is served is what is told. */
  async download(file: Download, onProgress?: (receivedBytes: number) => void): Promise<Downloaded> {
    this.#roundTrips++;
    this.downloads.push(file);
    const content = this.#files.get(file.path);
    if (content === undefined) throw new Error(`FakeHost ${this.node} serves no ${file.path}`);
    if (content instanceof Error) throw content;
    await writeFile(file.target, content, { mode: 0o600 });
    onProgress?.(content.length);
    return { sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }

  /** Hands on the lines of the reply's stdout. */
  async follow(script: string, onLine: (line: string) => void): Promise<number> {
    this.sent.push({ kind: 'follow', script });
    const { code, stdout } = await this.#answer(script, {});
    for (const line of stdout.replace(/\n$/, '').split('\n')) if (stdout !== '') onLine(line);
    return code;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #addRule(matcher: string | RegExp, reply: FakeReply, isOnce: boolean): this {
    const matches = (script: string) => (typeof matcher === 'string' ? script === matcher : script.search(matcher) !== -1);
    this.#rules = [...this.#rules, { matches, reply, isOnce }];
    return this;
  }

  async #answer(script: string, options: RunOptions): Promise<RunResult> {
    this.#roundTrips++;
    if (this.#isClosed) throw new Error(`FakeHost ${this.node} is closed; it was sent:\n${script}`);
    const fitting = this.#rules.filter((rule) => rule.matches(script));
    const rule = fitting.find((each) => each.isOnce) ?? fitting.at(-1);
    if (rule === undefined) throw new Error(`FakeHost ${this.node} has no reply for this command:\n${script}`);
    if (rule.isOnce) this.#rules = this.#rules.filter((each) => each !== rule);
    const reply = typeof rule.reply === 'function' ? await rule.reply(script, options) : rule.reply;
    if (reply instanceof Error) throw reply;
    return { code: 0, stdout: '', stderr: '', ...reply };
  }
}
