import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './is-missing.ts';
import { isRunning } from './is-running.ts';

/**
 * The part of a download that has arrived. It carries its owner's process id, so that two runs never write one file;
 * what a killed run left is taken over.
 */
export class PartialFile {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param name what the content is, such as URL and digest: only equal names share a part. */
  static async open(cacheDirectory: string, name: string): Promise<PartialFile> {
    const directory = join(cacheDirectory, 'partial');
    await mkdir(directory, { recursive: true });
    const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const own = join(directory, `${key}.${process.pid}`);
    const leftovers = (await readdir(directory)).filter((file) => file.startsWith(`${key}.`));
    for (const file of leftovers) {
      const pid = Number(file.slice(key.length + 1));
      if (pid === process.pid) return new PartialFile(own);
      if (!isRunning(pid) && (await tryRename(join(directory, file), own))) break;
    }
    return new PartialFile(own);
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
}

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
