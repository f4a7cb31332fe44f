import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ConfigurationError } from '../errors.ts';

const chunkBytes = 64 * 1024;

/** The bytes of an archive file, hashed while they are read. */
export class ArchiveSource implements AsyncDisposable {
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #onProgress: (doneBytes: number) => void;
  #readBytes = 0;

  private constructor(handle: FileHandle, sizeBytes: number, onProgress: (doneBytes: number) => void) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
    this.#onProgress = onProgress;
  }

  /** @throws ConfigurationError */
  static async open(file: string, onProgress: (doneBytes: number) => void = () => undefined): Promise<ArchiveSource> {
    const handle = await open(file, 'r').catch((cause: unknown) => {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      throw new ConfigurationError(code === 'ENOENT' ? `there is no ${file}` : `${file} cannot be read (${code})`, {
        remedy: 'name the archive of a backup, or its record',
        cause,
      });
    });
    return new ArchiveSource(handle, (await handle.stat()).size, onProgress);
  }

  /** Its beginning, by which its form is known. */
  async head(bytes: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  }

  /** Goes on where the last reader stopped; a file that grows meanwhile is read as it was. */
  async *chunks(): AsyncGenerator<Buffer> {
    while (this.#readBytes < this.sizeBytes) {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, this.#readBytes);
      if (bytesRead === 0) return;
      const chunk = buffer.subarray(0, bytesRead);
      this.#readBytes += bytesRead;
      this.#hash.update(chunk);
      this.#onProgress(this.#readBytes);
      yield chunk;
    }
  }

  /** sha256 of the whole file: reads what nobody has asked for. */
  async digest(): Promise<string> {
    for await (const _ of this.chunks());
    return this.#hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
