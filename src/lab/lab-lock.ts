import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InternalError, LockedError } from '../errors.ts';
import { labPaths } from './paths.ts';
import { identifyProcess, isAlive, isGone, type ProcessIdentity } from './process-identity.ts';

/** Runs the work while no other process changes the lab; a lock left by a killed process is taken over. @throws LockedError */
export async function withLabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = labPaths(name).lock;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (!(await tryLock(path))) await takeOver(name, path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  const self = identifyProcess(process.pid);
  if (self === undefined) throw new InternalError('this process is not in /proc');
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(JSON.stringify(self));
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function takeOver(name: string, path: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner !== undefined && isAlive(owner)) {
    throw new LockedError(`lab ${name} is being changed by process ${owner.pid}`, { remedy: 'Wait until that process has ended.' });
  }
  await rm(path, { force: true });
  if (!(await tryLock(path))) throw new LockedError(`lab ${name} is being changed by another process`, { remedy: 'Try again.' });
}

/** Undefined when the owner was killed before it wrote its identity. */
async function readOwner(path: string): Promise<ProcessIdentity | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text === '' ? undefined : (JSON.parse(text) as ProcessIdentity);
  } catch (error) {
    if (isGone(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
