import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from './hash-file.ts';
import { isMissing } from './is-missing.ts';
import { moveDurably } from './move-durably.ts';
import { ownPartialName, temporaryKey } from './partial-name.ts';

export interface Blob {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Files under their own SHA-256; what is there was verified before it was put there. */
export class BlobStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  pathOf(sha256: string): string {
    return join(this.directory, 'sha256', sha256.slice(0, 2), sha256);
  }

  /** A name in the cache that nobody else uses, on the same file system as the blobs. */
  async temporaryPath(): Promise<string> {
    const directory = join(this.directory, 'partial');
    await mkdir(directory, { recursive: true });
    return join(directory, ownPartialName(temporaryKey));
  }

  /** Cheap: looks at the size only. */
  async has(blob: Blob): Promise<boolean> {
    return (await this.sizeOf(blob.sha256)) === blob.sizeBytes;
  }

  /** Reads the whole file; one that does not match its name leaves the cache. */
  async verify(sha256: string): Promise<Blob | undefined> {
    const sizeBytes = await this.sizeOf(sha256);
    if (sizeBytes === undefined) return undefined;
    if ((await hashFile(this.pathOf(sha256))) === sha256) return { sha256, sizeBytes };
    await rm(this.pathOf(sha256), { force: true });
    return undefined;
  }

  /** Moves a verified file in; durable when it resolves, since afterwards only its size is looked at. */
  async adopt(path: string, blob: Blob): Promise<void> {
    await moveDurably(path, this.pathOf(blob.sha256));
  }

  private async sizeOf(sha256: string): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(sha256))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}
