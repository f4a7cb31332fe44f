import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPublicKey } from './host-files.ts';
import { inventoryText, type LabInventory } from './inventory-text.ts';
import { readMachineFacts } from './machine-facts.ts';
import { labPaths, machinePaths } from './paths.ts';
import { isGone } from './process-identity.ts';
import type { LabState } from './state.ts';

export interface InventoryChoices {
  readonly kubernetesVersion: string;
  readonly mirror?: string;
}

/** Writes what the operator works with: the inventory, and the pinned host keys for the system's ssh. Returns the inventory's path. */
export async function writeLabFiles(state: LabState, choices: InventoryChoices): Promise<string> {
  const paths = labPaths(state.name);
  const hosts = await Promise.all(
    state.machines.map(async (machine) => {
      const { root } = machinePaths(state.name, machine.name);
      const hostKey = await readPublicKey(join(root, 'etc/ssh/ssh_host_ed25519_key'));
      return { name: machine.name, address: machine.address, roles: machine.roles, hostKey };
    }),
  );
  const inventory: LabInventory = { name: state.name, ...choices, identityFile: paths.identity, hosts, facts: await readMachineFacts() };
  await replaceFile(paths.knownHosts, hosts.map((host) => `${host.name},${host.address} ${host.hostKey}\n`).join(''));
  await replaceFile(paths.inventory, inventoryText(inventory));
  return paths.inventory;
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function hasInventory(name: string): Promise<boolean> {
  try {
    await readFile(labPaths(name).inventory);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
