import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './is-missing.ts';
import { freePartialName, isInUse, ownPartialName, parsePartialName } from './partial-name.ts';

/** False when another run was quicker. */
async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The part of a download that has arrived. Nobody else writes it; what a killed or failed run left is taken over. */
export class PartialFile {
  readonly path: string;
  private readonly directory: string;
  private readonly key: string;

  private constructor(directory: string, key: string) {
    this.directory = directory;
    this.key = key;
    this.path = join(directory, ownPartialName(key));
  }

  /** @param content what the file will be, such as URL and digest: only equal texts share a part. */
  static async open(cacheDirectory: string, content: string): Promise<PartialFile> {
    const directory = join(cacheDirectory, 'partial');
    await mkdir(directory, { recursive: true });
    const key = createHash('sha256').update(content).digest('hex').slice(0, 32);
    const partial = new PartialFile(directory, key);
    for (const name of await readdir(directory)) {
      const parsed = parsePartialName(name);
      if (parsed.key === key && !isInUse(parsed) && (await tryRename(join(directory, name), partial.path))) break;
    }
    return partial;
  }

  /** Bytes there so far. */
  async size(): Promise<number> {
    try {
      return (await stat(this.path)).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Leaves what arrived to the next attempt. */
  async release(): Promise<void> {
    await tryRename(this.path, join(this.directory, freePartialName(this.key)));
  }
}
