import { isRunning } from './boot-machines.ts';
import type { LabHost } from './lab.ts';
import { answersSsh } from './machine.ts';
import { labPaths } from './paths.ts';
import { type LabState, listLabsAndStates, requireLabState } from './state.ts';

export interface LabHostStatus extends LabHost {
  /** `booting`: runs, and SSH does not answer yet. */
  readonly state: 'running' | 'booting' | 'stopped';
}

export interface LabStatus {
  readonly name: string;
  /** `building`: being made, or left half-made by a killed run. */
  readonly phase: LabState['phase'];
  readonly inventory: string;
  readonly hosts: readonly LabHostStatus[];
}

/** One lab, or all labs of this user. @throws ConfigurationError when the named lab is not there */
export async function labStatus(name?: string): Promise<readonly LabStatus[]> {
  const states = name === undefined ? await listLabsAndStates() : [await requireLabState(name)];
  return Promise.all(states.map(describeLab));
}

async function describeLab(state: LabState): Promise<LabStatus> {
  const hosts = await Promise.all(
    state.machines.map(async (machine): Promise<LabHostStatus> => {
      const { name, address, roles } = machine;
      if (!isRunning(machine)) return { name, address, roles, state: 'stopped' };
      return { name, address, roles, state: (await answersSsh(address)) ? 'running' : 'booting' };
    }),
  );
  return { name: state.name, phase: state.phase, inventory: labPaths(state.name).inventory, hosts };
}
