import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError } from '../errors.ts';
import { removeAbandonedBuilds } from './base-system.ts';
import { checkLabName } from './lab.ts';
import { withLabLock } from './lab-lock.ts';
import { stopMachine } from './machine.ts';
import { mountsBelow, readMounts, unmountBelow } from './mounts.ts';
import { removeNetwork } from './network.ts';
import { labPaths } from './paths.ts';
import { requireLabMachine } from './prerequisites.ts';
import { isGone } from './process-identity.ts';
import { type LabState, readLabState } from './state.ts';

/**
 * Takes a lab down, whole or half-made: processes, mounts, interfaces, cgroups, then its directory. Returns false when there was none.
 * @throws LockedError while another process changes the lab
 */
export async function labDown(name: string, report: (line: string) => void): Promise<boolean> {
  checkLabName(name);
  requireLabMachine();
  const there = await withLabLock(name, async () => {
    await removeAbandonedBuilds();
    if (!(await isDirectory(labPaths(name).directory))) return false;
    await removeLab(name);
    return true;
  });
  report(there ? `lab ${name} is down, nothing of it is left` : `there is no lab named ${name}: nothing to do`);
  return there;
}

/** The caller holds the lab's lock. */
export async function removeLab(name: string): Promise<void> {
  const state = await readLabState(name);
  if (state !== undefined) await removeResources(state);
  await unmountBelow(labPaths(name).directory);
  await removeDirectory(labPaths(name).directory);
}

async function removeResources(state: LabState): Promise<void> {
  await Promise.all(state.machines.map((machine) => stopMachine(machine)));
  await unmountBelow(join(labPaths(state.name).directory, 'hosts'));
  await removeNetwork(state.link);
}

async function removeDirectory(directory: string): Promise<void> {
  const mounts = mountsBelow(await readMounts(), directory);
  if (mounts.length > 0) throw new InternalError(`${mounts[0]} is still mounted: its files were not touched`);
  // The state file goes last: until then a killed removal can be repeated.
  await rm(join(directory, 'hosts'), { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
