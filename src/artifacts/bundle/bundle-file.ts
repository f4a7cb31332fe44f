import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ArtifactError, ConfigurationError } from '../../errors.ts';

const pieceBytes = 1 << 20;

/** A bundle that is read once from its beginning to its end, hashed on the way; a pipe will do. */
export class BundleFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #readBytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** @throws ConfigurationError */
  static async open(path: string): Promise<BundleFile> {
    const handle = await open(path, 'r').catch((cause: unknown) => {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      throw new ConfigurationError(code === 'ENOENT' ? `there is no ${path}` : `${path} cannot be read (${code})`, {
        remedy: 'Name a file that kcluster artifacts bundle wrote.',
        cause,
      });
    });
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new ConfigurationError(`${path} is a directory`, { remedy: 'Name a file that kcluster artifacts bundle wrote.' });
    }
    return new BundleFile(path, handle);
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  /** Up to this much, less only at the end of the file. */
  async some(bytes: number): Promise<Buffer> {
    const buffer = Buffer.alloc(bytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await this.#handle.read(buffer, filled, bytes - filled, null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    const read = buffer.subarray(0, filled);
    this.#hash.update(read);
    this.#readBytes += filled;
    return read;
  }

  /** @param what for the message: where the file ends too early. @throws ArtifactError */
  async exactly(bytes: number, what: string): Promise<Buffer> {
    const read = await this.some(bytes);
    if (read.length === bytes) return read;
    throw this.damaged(`it ends at byte ${this.#readBytes}, within ${what}`);
  }

  /** Exactly these bytes: all but the artifacts themselves follows from the index. @throws ArtifactError */
  async expect(bytes: Buffer, what: string): Promise<void> {
    const from = this.#readBytes;
    const read = await this.exactly(bytes.length, what);
    if (!read.equals(bytes)) throw this.damaged(`${what} is not as it was written, bytes ${from} to ${this.#readBytes}`);
  }

  async *pieces(bytes: number, what: string): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; left -= pieceBytes) yield await this.exactly(Math.min(left, pieceBytes), what);
  }

  /** sha256 of the file, which must end here. @throws ArtifactError */
  async end(): Promise<string> {
    const from = this.#readBytes;
    if ((await this.some(1)).length > 0) throw this.damaged(`something follows behind its end, from byte ${from}`);
    return this.#hash.digest('hex');
  }

  damaged(why: string, cause?: unknown): ArtifactError {
    return new ArtifactError(`${this.path}: ${why}; nothing was taken`, {
      remedy: 'Copy the bundle again, or make it anew with kcluster artifacts bundle.',
      cause,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
