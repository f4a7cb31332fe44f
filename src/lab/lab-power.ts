import { type BootOptions, bootMachines, isRunning } from './boot-machines.ts';
import { withLabLock } from './lab-lock.ts';
import { stopMachine } from './machine.ts';
import { requireLabMachine } from './prerequisites.ts';
import { requireLabState, requireMachine } from './state.ts';

/**
 * Pulls the plug of a host: nothing on it is told. Its disk and address stay; `labUp` with the same shape or `labReboot` boots it again.
 * @throws ConfigurationError when there is no such lab or host
 */
export async function labPowerOff(name: string, host: string): Promise<void> {
  requireLabMachine();
  await withLabLock(name, async () => stopMachine(requireMachine(await requireLabState(name), host)));
}

/** Power cycle of one host; resolves once it answers on SSH again. @throws ConfigurationError @throws StoppedError */
export async function labReboot(name: string, host: string, options: BootOptions): Promise<void> {
  requireLabMachine();
  await withLabLock(name, async () => {
    const state = await requireLabState(name);
    const machine = requireMachine(state, host);
    await stopMachine(machine);
    // Hosts that were powered off on purpose stay off.
    const others = state.machines.filter((other) => other.name !== host && !isRunning(other)).map((other) => other.name);
    await bootMachines(state, { ...options, except: others });
  });
}
