import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rmdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { StoppedError } from '../errors.ts';
import { cgroupParents, createCgroups, hostCgroups, killCgroups, removeCgroups } from './cgroups.ts';
import { boundDirectories, keeperScript } from './keeper-script.ts';
import { mountsBelow, readMounts } from './mounts.ts';
import { labPaths, machinePaths } from './paths.ts';
import { identifyProcess, isAlive, isGone, killProcess, type ProcessIdentity } from './process-identity.ts';
import { runLocal } from './run-local.ts';
import type { LabMachine, LabState } from './state.ts';
import { waitUntil } from './wait-until.ts';

/** Cgroups a host started by this process will have. */
export async function plannedCgroups(host: string): Promise<readonly string[]> {
  return hostCgroups(cgroupParents(await readFile('/proc/self/cgroup', 'utf8'), await readMounts()), host);
}

/** Makes the host's directories and mounts its root, if they are not there yet. */
export async function mountMachine(state: LabState, machine: LabMachine): Promise<void> {
  const paths = machinePaths(state.name, machine.name);
  for (const directory of [paths.root, paths.upper, paths.work]) await mkdir(directory, { recursive: true });
  for (const name of Object.keys(boundDirectories)) await mkdir(join(paths.disk, name), { recursive: true });
  await touch(paths.netns);
  await mountOverlay(machine, { lower: state.base, upper: paths.upper, work: paths.work, target: paths.root });
  if (state.opt === undefined) return;
  for (const directory of [paths.optUpper, paths.optWork]) await mkdir(directory, { recursive: true });
  await mountOverlay(machine, { lower: state.opt, upper: paths.optUpper, work: paths.optWork, target: join(paths.disk, 'opt') });
}

interface Overlay {
  readonly lower: string;
  readonly upper: string;
  readonly work: string;
  readonly target: string;
}

async function mountOverlay(machine: LabMachine, { lower, upper, work, target }: Overlay): Promise<void> {
  if (mountsBelow(await readMounts(), target).length > 0) return;
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await runLocal(['mount', '-t', 'overlay', '-o', options, `kcluster-${machine.name}`, target]);
}

/** Makes an empty file; a mounted namespace in its place is left alone. */
async function touch(path: string): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

export interface StartedKeeper {
  readonly identity: ProcessIdentity;
  /** Lets the keeper boot the host; to be called once its identity is written down. */
  readonly release: () => void;
}

/** Starts the host's keeper, which outlives this process and does nothing until it is released. @throws StoppedError */
export async function startKeeper(state: LabState, machine: LabMachine): Promise<StartedKeeper> {
  const paths = machinePaths(state.name, machine.name);
  await createCgroups(machine.cgroups);
  await writeFile(paths.keeper, keeperScript(machine, { ...paths, fabric: labPaths(state.name).fabric }), { mode: 0o700 });
  const log = await open(paths.console, 'a', 0o600);
  const child = spawn('sh', [paths.keeper], { cwd: '/', detached: true, stdio: ['pipe', log.fd, log.fd] });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  child.unref();
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (identity === undefined || child.stdin === null)
    throw new StoppedError('the keeper of the lab host ended at once', { node: machine.name });
  const { stdin } = child;
  return { identity, release: () => stdin.end('go\n') };
}

/** Ends everything that runs for the host, as pulling the plug does. */
export async function stopMachine(machine: LabMachine): Promise<void> {
  if (machine.keeper !== undefined) killProcess(machine.keeper);
  await killCgroups(machine.cgroups);
  await removeCgroups(machine.cgroups);
  await removePropagation(machine.name);
}

/** systemd-nspawn leaves an empty directory behind when it is killed. */
async function removePropagation(host: string): Promise<void> {
  try {
    await rmdir(`/run/systemd/nspawn/propagate/${host}`);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** @throws StoppedError with the end of the console's log when the host does not come up */
export async function waitForSsh(state: LabState, machine: LabMachine, signal?: AbortSignal): Promise<void> {
  const { keeper } = machine;
  const answersOrDied = async () => {
    if (keeper !== undefined && !isAlive(keeper)) throw new StoppedError('the lab host ended while it booted', { node: machine.name });
    return answersSsh(machine.address);
  };
  try {
    await waitUntil(`${machine.name} answers on SSH`, answersOrDied, { timeoutMs: 90_000, signal });
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    const { console } = machinePaths(state.name, machine.name);
    const output = (await readFile(console, 'utf8')).split('\n').slice(-30).join('\n');
    throw new StoppedError(error.message, {
      output,
      cause: error,
      remedy: `Read ${console}, then: kcluster lab down --name ${state.name}`,
    });
  }
}

/** Whether an SSH server sends its banner within a second. */
export function answersSsh(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('end', () => answer(false));
    socket.on('data', (data) => answer(data.toString().startsWith('SSH-2.0')));
  });
}
