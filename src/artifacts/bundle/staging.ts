import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { type Blob, BlobStore } from '../blob-store.ts';
import { hashFile } from '../hash-file.ts';

/** Where files wait beside the cache until all of them are known to be right; gone afterwards. */
export class Staging implements AsyncDisposable {
  readonly store: BlobStore;
  readonly #cache: BlobStore;
  readonly #staged = new Map<string, Blob>();

  private constructor(store: BlobStore, cache: BlobStore) {
    this.store = store;
    this.#cache = cache;
  }

  static async open(cache: BlobStore): Promise<Staging> {
    const directory = await cache.temporaryPath();
    await mkdir(directory);
    return new Staging(new BlobStore(directory), cache);
  }

  /** Whether the cache has it, read to its end: a damaged file there is replaced. */
  async isCached(blob: Blob): Promise<boolean> {
    return (await this.#cache.has(blob)) && (await hashFile(this.#cache.pathOf(blob.sha256))) === blob.sha256;
  }

  /** What arrives, and what it really is. */
  async receive(chunks: AsyncIterable<Buffer>): Promise<{ readonly temporary: string; readonly sha256: string }> {
    const temporary = await this.store.temporaryPath();
    const hash = createHash('sha256');
    await using file = await open(temporary, 'wx');
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return { temporary, sha256: hash.digest('hex') };
  }

  async keep(temporary: string, blob: Blob): Promise<void> {
    await this.store.adopt(temporary, blob);
    this.add(blob);
  }

  /** One that was put into `store` by others. */
  add(blob: Blob): void {
    this.#staged.set(blob.sha256, blob);
  }

  /** The file, wherever it is by now. */
  pathOf(sha256: string): string {
    return (this.#staged.has(sha256) ? this.store : this.#cache).pathOf(sha256);
  }

  /** Moves everything into the cache. */
  async commit(): Promise<void> {
    for (const blob of this.#staged.values()) await this.#cache.adopt(this.store.pathOf(blob.sha256), blob);
    this.#staged.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.store.directory, { recursive: true, force: true });
  }
}
