import { statfs } from 'node:fs/promises';
import { StoppedError } from '../errors.ts';

/** Before anything is written there. @throws StoppedError when a directory has less room than is needed */
export async function checkRoom(directory: string, neededBytes: number, what: string, remedy: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const mib = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);
  if (bavail * bsize >= neededBytes) return;
  throw new StoppedError(`${directory} has ${mib(bavail * bsize)} MiB free, and ${what} has ${mib(neededBytes)} MiB`, { remedy });
}
