import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './is-missing.ts';
import { isInUse, parsePartialName, temporaryKey } from './partial-name.ts';

const keepPartialMs = 7 * 24 * 60 * 60 * 1000;

async function isLeftover(path: string, name: string, nowMs: number): Promise<boolean> {
  const parsed = parsePartialName(name);
  if (isInUse(parsed)) return false;
  return parsed.key === temporaryKey || nowMs - (await stat(path)).mtimeMs > keepPartialMs;
}

/** Deletes what killed runs left: temporary files and folders at once, parts of downloads after a week. */
export async function sweepPartials(cacheDirectory: string, nowMs: number = Date.now()): Promise<void> {
  const directory = join(cacheDirectory, 'partial');
  try {
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (await isLeftover(path, name, nowMs)) await rm(path, { recursive: true, force: true });
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
