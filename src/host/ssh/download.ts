import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArtifactError, ConfigurationError, type KclusterError, StoppedError } from '../../errors.ts';
import type { Download, Downloaded, RunResult } from '../host.ts';
import { printable } from '../printable.ts';
import type { Command } from './run-command.ts';
import type { Flow } from './shell.ts';
import { shellQuote } from './shell-loop.ts';

/** Received and not yet written; with more the host has to wait. */
const maxPendingBytes = 2 * 1024 * 1024;

export function downloadCommand(file: Download, onStdout: (chunk: Buffer, flow: Flow) => void): Command {
  return {
    lane: 'download',
    script: `exec cat -- ${shellQuote(file.path)}`,
    input: { kind: 'none' },
    onStdout,
    logged: `download ${file.path} to ${file.target}`,
  };
}

function explain(file: Download, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === '') return error;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const message = full ? `no room left for ${file.target}; what had arrived was removed` : `${file.target} cannot be written (${code})`;
  if (full) return new StoppedError(message, { remedy: 'make room there, or name another directory', cause: error });
  return new ConfigurationError(message, { remedy: 'name a directory that your user may write', cause: error });
}

/** A disk may take less than it was given. */
async function writeWhole(handle: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const { bytesWritten } = await handle.writev(chunks);
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten < total) await handle.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}

/** A file on its way in: beside its final place, nobody else's to read, renamed when it is whole, verified and on the disk. */
export class IncomingFile {
  readonly #file: Download;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #onProgress: ((receivedBytes: number) => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #waiting: Buffer[] = [];
  #receivedBytes = 0;
  #pendingBytes = 0;
  #failure: { readonly error: unknown } | undefined;

  private constructor(file: Download, temporary: string, handle: FileHandle, onProgress: ((receivedBytes: number) => void) | undefined) {
    this.#file = file;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#onProgress = onProgress;
  }

  /** @throws ConfigurationError, StoppedError */
  static async open(file: Download, onProgress?: (receivedBytes: number) => void): Promise<IncomingFile> {
    const temporary = join(dirname(file.target), `.${basename(file.target)}.kcluster-${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(dirname(file.target), { recursive: true, mode: 0o700 });
      return new IncomingFile(file, temporary, await open(temporary, 'wx', 0o600), onProgress);
    } catch (error) {
      throw explain(file, error);
    }
  }

  /** What ended it early, if anything did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Keeps its turn; the connection is held back while the disk is behind. @throws what an earlier write met */
  take(chunk: Buffer, flow: Flow): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#receivedBytes += chunk.length;
    if (this.#file.sizeBytes !== undefined && this.#receivedBytes > this.#file.sizeBytes) {
      this.#failure = {
        error: new ArtifactError(`${this.#file.path} is larger than ${this.#file.sizeBytes} bytes; what had arrived was removed`),
      };
      throw this.#failure.error;
    }
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes > maxPendingBytes) flow.pause();
    this.#waiting.push(chunk);
    // Packets are small: what comes while one write is under way goes with the next.
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#write()).then(() => flow.resume());
  }

  async #write(): Promise<void> {
    const chunks = this.#waiting;
    this.#waiting = [];
    try {
      for (const chunk of chunks) this.#hash.update(chunk);
      if (this.#failure === undefined) await writeWhole(this.#handle, chunks);
      for (const { length } of chunks) this.#pendingBytes -= length;
      this.#onProgress?.(this.#receivedBytes - this.#pendingBytes);
    } catch (error) {
      this.#failure ??= { error: explain(this.#file, error) };
    }
  }

  /** @throws KclusterError when it is not what was announced; nothing is left then */
  async finish(node: string, result: RunResult): Promise<Downloaded> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
    const sha256 = this.#hash.digest('hex');
    const wrong = this.#judge(node, result, sha256);
    if (wrong !== undefined) throw wrong;
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#temporary, this.#file.target);
      await using directory = await open(dirname(this.#file.target), 'r');
      await directory.sync();
    } catch (error) {
      throw explain(this.#file, error);
    }
    return { sizeBytes: this.#receivedBytes, sha256 };
  }

  #judge(node: string, { code, stderr }: RunResult, sha256: string): KclusterError | undefined {
    const { path, sizeBytes } = this.#file;
    const remedy = 'Run the command again; if it happens again, look at the disk of that host.';
    if (code !== 0) return new StoppedError(`cannot read ${path}: ${printable(stderr, 500) || `exit status ${code}`}`, { node, remedy });
    if (sizeBytes !== undefined && sizeBytes !== this.#receivedBytes)
      return new ArtifactError(`${path} arrived with ${this.#receivedBytes} bytes instead of ${sizeBytes}; it was removed`, {
        node,
        remedy,
      });
    if (this.#file.sha256 === undefined || this.#file.sha256 === sha256) return undefined;
    return new ArtifactError(`${path} arrived with sha256 ${sha256} instead of ${this.#file.sha256}; it was removed`, { node, remedy });
  }

  /** After `finish` there is nothing left to do. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
  }
}
