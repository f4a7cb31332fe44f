import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../src/artifacts/is-running.ts';

async function holderOf(path: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 && isRunning(pid) ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function tryTake(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Renamed aside first, so that of two waiters only one removes a dead holder's lock. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { force: true });
}

/** Runs `work` while no other process builds the same mirror; not at all when others have done it before it is our turn. */
export async function withBuildLock(
  directory: string,
  report: (line: string) => void,
  work: () => Promise<void>,
  isDone: () => Promise<boolean> = async () => false,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, '.lock');
  for (let announced = false; !(await tryTake(path)); ) {
    const holder = await holderOf(path);
    if (holder === undefined) {
      await removeStale(path);
      continue;
    }
    if (!announced) report(`process ${holder} builds the same mirror; waiting for it`);
    announced = true;
    await sleep(500);
    if (await isDone()) return;
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}
