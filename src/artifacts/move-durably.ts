import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Its content, or the names in it, are on the disk when this resolves. */
async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

/** A folder, with everything above it that was not there either. */
export async function makeDurably(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await sync(dirname(made));
}

/** A file under its final name, whole even after the power failed right behind it; the folder is made where it is not there. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await makeDurably(dirname(to));
  await sync(from);
  await rename(from, to);
  await sync(dirname(to));
}
