import { mountMachine, plannedCgroups, startKeeper, stopMachine, waitForSsh } from './machine.ts';
import { createNetwork, linkExists } from './network.ts';
import { isAlive } from './process-identity.ts';
import { type LabMachine, type LabState, replaceMachine, writeLabState } from './state.ts';

export interface BootOptions {
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Names of hosts that stay as they are. */
  readonly except?: readonly string[];
}

/**
 * Boots all hosts of a lab that do not run, side by side, and waits until they answer on SSH. The state is written before each
 * resource is made. Returns the hosts it booted. @throws StoppedError @throws InterruptedError
 */
export async function bootMachines(state: LabState, options: BootOptions): Promise<readonly LabMachine[]> {
  const started = performance.now();
  const connected = await linkExists(state.link);
  const candidates = state.machines.filter((machine) => options.except?.includes(machine.name) !== true);
  const stopped = candidates.filter((machine) => !connected || !isRunning(machine));
  if (stopped.length === 0) return [];
  if (!connected) await createNetwork(state);
  const booted = await startMachines(state, stopped);
  await Promise.all(booted.map((machine) => waitForSsh(state, machine, options.signal)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  options.report(`${booted.map((machine) => machine.name).join(', ')}: booted, SSH answers after ${seconds} s`);
  return booted;
}

export function isRunning(machine: LabMachine): boolean {
  return machine.keeper !== undefined && isAlive(machine.keeper);
}

async function startMachines(state: LabState, stopped: readonly LabMachine[]): Promise<readonly LabMachine[]> {
  const planned = await Promise.all(
    stopped.map(async (found) => {
      // What an earlier boot left goes first: its cgroups may be elsewhere than the new ones.
      await stopMachine(found);
      const { keeper: _, ...machine } = found;
      await mountMachine(state, machine);
      return { ...machine, cgroups: await plannedCgroups(machine.name) };
    }),
  );
  const intended = planned.reduce<LabState>(replaceMachine, state);
  await writeLabState(intended);
  const keepers = await Promise.all(
    planned.map(async (machine) => {
      const { identity, release } = await startKeeper(state, machine);
      return { machine: { ...machine, keeper: identity }, release };
    }),
  );
  const booted = keepers.map((keeper) => keeper.machine);
  await writeLabState(booted.reduce<LabState>(replaceMachine, intended));
  for (const keeper of keepers) keeper.release();
  return booted;
}
