import { fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { vi } from 'vitest';

/** Inodes of all that was written through to the disk meanwhile. */
export async function noteSyncs(work: () => Promise<unknown>, onSync: () => void = () => undefined): Promise<ReadonlySet<number>> {
  const synced = new Set<number>();
  await using any = await open('.', 'r');
  const spy = vi.spyOn(Object.getPrototypeOf(any) as FileHandle, 'sync').mockImplementation(async function (this: FileHandle) {
    onSync();
    synced.add(fstatSync(this.fd).ino);
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return synced;
}
