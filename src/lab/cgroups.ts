import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Mount } from './mounts.ts';
import { isGone, killPid } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

/** Sub-cgroups of a lab host: its keeper (a shell outside), and the machine. A cgroup v2 with children must hold no process itself. */
const parts = ['keeper', 'machine'] as const;

/**
 * Directories under which a lab host gets cgroups of its own, one for each hierarchy.
 *
 * Version 1: this process's own cgroup, so that limits set on it hold for the lab too. Version 2 only: the root, as a cgroup that
 * holds processes cannot hand controllers to its children.
 * @param selfCgroup text of /proc/self/cgroup: `ID:CONTROLLERS:PATH` lines
 */
export function cgroupParents(selfCgroup: string, mounts: readonly Mount[]): readonly string[] {
  const entries = parseSelfCgroup(selfCgroup);
  const unifiedOnly = entries.every((entry) => entry.controllers === '');
  return entries.flatMap((entry) => {
    const mount = mounts.find((candidate) => holdsHierarchy(candidate, entry.controllers));
    if (mount === undefined) return [];
    return [unifiedOnly ? mount.target : join(mount.target, relative(mount.root, entry.path))];
  });
}

function parseSelfCgroup(text: string): readonly { controllers: string; path: string }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    return match === null ? [] : [{ controllers: match[1] ?? '', path: match[2] ?? '/' }];
  });
}

function holdsHierarchy(mount: Mount, controllers: string): boolean {
  if (controllers === '') return mount.type === 'cgroup2';
  return mount.type === 'cgroup' && controllers.split(',').every((controller) => mount.superOptions.includes(controller));
}

export function hostCgroups(parents: readonly string[], host: string): readonly string[] {
  return parents.map((parent) => join(parent, `kcluster-lab-${host}`));
}

/** Makes each directory with its parts; a new cpuset is empty and takes no process until it has cpus and memory nodes. */
export async function createCgroups(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    await delegateControllers(join(directory, '..'));
    await mkdir(directory, { recursive: true });
    await copyCpuset(join(directory, '..'), directory);
    await delegateControllers(directory);
    for (const part of parts) await mkdir(join(directory, part), { recursive: true });
  }
}

/** Version 1 only. */
async function copyCpuset(from: string, to: string): Promise<void> {
  const cloning = join(to, 'cgroup.clone_children');
  if ((await readIfThere(cloning)) === undefined || (await readIfThere(join(to, 'cpuset.cpus'))) === undefined) return;
  for (const file of ['cpuset.cpus', 'cpuset.mems']) await writeFile(join(to, file), await readFile(join(from, file)));
  await writeFile(cloning, '1');
}

/** Version 2: lets children use every controller this cgroup has; version 1 has no such file. */
async function delegateControllers(directory: string): Promise<void> {
  const available = await readIfThere(join(directory, 'cgroup.controllers'));
  const enabled = await readIfThere(join(directory, 'cgroup.subtree_control'));
  if (available === undefined || enabled === undefined) return;
  const missing = words(available).filter((controller) => !words(enabled).includes(controller));
  if (missing.length === 0) return;
  await writeFile(join(directory, 'cgroup.subtree_control'), missing.map((controller) => `+${controller}`).join(' '));
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Processes in the cgroups and everything below them. */
export async function cgroupProcesses(directories: readonly string[]): Promise<readonly number[]> {
  const pids = new Set<number>();
  for (const directory of await withDescendants(directories)) {
    const text = (await readIfThere(join(directory, 'cgroup.procs'))) ?? '';
    // 0 stands for a process of another pid namespace, which cannot be ours.
    for (const word of words(text)) if (word !== '0') pids.add(Number(word));
  }
  return [...pids];
}

/** Kills until no process is left: a fork may slip through a single pass. @throws StoppedError */
export async function killCgroups(directories: readonly string[]): Promise<void> {
  const askAndKill = async () => {
    const pids = await cgroupProcesses(directories);
    for (const pid of pids) killPid(pid);
    return pids.length === 0;
  };
  await waitUntil('the processes of the lab host have ended', askAndKill, { timeoutMs: 30_000, intervalMs: 20 });
}

/** Removes the directories deepest first. @throws StoppedError when a process stays in one */
export async function removeCgroups(directories: readonly string[]): Promise<void> {
  const removeAll = async () => {
    let left = 0;
    for (const directory of [...(await withDescendants(directories))].reverse()) {
      if (!(await removeOne(directory))) left += 1;
    }
    return left === 0;
  };
  await waitUntil('the cgroups of the lab host are empty', removeAll, { timeoutMs: 30_000, intervalMs: 20 });
}

async function removeOne(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (isGone(error)) return true;
    if (error instanceof Error && 'code' in error && (error.code === 'EBUSY' || error.code === 'ENOTEMPTY')) return false;
    throw error;
  }
}

/** Each directory before what is below it; what does not exist is left out. */
async function withDescendants(directories: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const directory of directories) {
    const children = await childDirectories(directory);
    if (children === undefined) continue;
    found.push(directory, ...(await withDescendants(children)));
  }
  return found;
}

async function childDirectories(directory: string): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
