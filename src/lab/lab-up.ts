import { isAbsolute, resolve } from 'node:path';
import { defaultKubernetesVersion } from '../cluster/default-version.ts';
import { parseVersion } from '../cluster/version.ts';
import { ConfigurationError, InterruptedError, RefusedError } from '../errors.ts';
import { ensureBaseSystem } from './base-system.ts';
import { bootMachines } from './boot-machines.ts';
import { makeKey, readPublicKey, writeHostFiles } from './host-files.ts';
import { checkLabName, checkLabShape, type LabHost, type LabShape, linkName, planHosts, sameShape } from './lab.ts';
import { removeLab } from './lab-down.ts';
import { hasInventory, type InventoryChoices, writeLabFiles } from './lab-files.ts';
import { withLabLock } from './lab-lock.ts';
import { mountMachine, plannedCgroups } from './machine.ts';
import { chooseSubnet, readRoutes } from './network.ts';
import { labPaths, machinePaths } from './paths.ts';
import { ensurePrerequisites, requireLabMachine } from './prerequisites.ts';
import { type LabState, readLabState, writeLabState } from './state.ts';

export interface LabUpOptions extends LabShape {
  readonly name: string;
  readonly kubernetesVersion?: string;
  /** Directory or URL that holds the artifacts in upstream's layout. */
  readonly mirror?: string;
  /** Directory under /opt of hosts that are made, as an image prepared for clusters has it: copied by nobody, written by nobody. */
  readonly opt?: string;
  /** Whether missing Debian packages may be installed. */
  readonly install: boolean;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface LabUpResult {
  /** Absolute path. */
  readonly inventory: string;
  readonly hosts: readonly LabHost[];
}

/**
 * Makes a lab, or finds it there already; hosts of it that do not run are booted again.
 * @throws ConfigurationError @throws PreflightError @throws StoppedError @throws InterruptedError
 * @throws RefusedError when a lab of this name has another shape
 */
export async function labUp(options: LabUpOptions): Promise<LabUpResult> {
  checkLabName(options.name);
  checkLabShape(options);
  checkVersion(options.kubernetesVersion);
  requireLabMachine();
  return withLabLock(options.name, async () => {
    await ensurePrerequisites(options);
    const found = await readLabState(options.name);
    if (found?.phase === 'ready') return resumeLab(found, options);
    if (found !== undefined) options.report(`lab ${options.name} was left half-made by an earlier run: it is made anew`);
    await removeLab(options.name);
    return makeLab(options);
  });
}

function checkVersion(version: string | undefined): void {
  if (version === undefined || parseVersion(version) !== undefined) return;
  throw new ConfigurationError(`"${version}" is not a Kubernetes version`, { remedy: 'Give all three numbers, for example 1.37.1.' });
}

async function resumeLab(state: LabState, options: LabUpOptions): Promise<LabUpResult> {
  if (!sameShape(state.shape, options)) {
    throw new RefusedError(`lab ${state.name} is there with another shape: ${describeShape(state.shape)}`, {
      remedy: `Take it down first (kcluster lab down --name ${state.name}) or choose another name.`,
    });
  }
  const booted = await bootMachines(state, options);
  if (booted.length === 0) options.report(`lab ${state.name} is up already: ${describeShape(state.shape)}`);
  const wanted = options.kubernetesVersion !== undefined || options.mirror !== undefined;
  if (wanted || !(await hasInventory(state.name))) await writeLabFiles(state, inventoryChoices(options));
  return { inventory: labPaths(state.name).inventory, hosts: hostsOf(state) };
}

async function makeLab(options: LabUpOptions): Promise<LabUpResult> {
  const { name } = options;
  const base = await ensureBaseSystem(options);
  const state = await planLab(options, base);
  await writeLabState(state);
  try {
    await makeKey(labPaths(name).identity, `kcluster-lab-${name}`);
    const key = await readPublicKey(labPaths(name).identity);
    await Promise.all(
      state.machines.map(async (machine) => {
        await mountMachine(state, machine);
        await writeHostFiles(machinePaths(name, machine.name).root, machine, key);
      }),
    );
    await bootMachines(state, options);
    const inventory = await writeLabFiles(state, inventoryChoices(options));
    const last = await readLabState(name);
    await writeLabState({ ...(last ?? state), phase: 'ready' });
    return { inventory, hosts: hostsOf(state) };
  } catch (error) {
    if (error instanceof InterruptedError) await removeLab(name);
    throw error;
  }
}

async function planLab(options: LabUpOptions, base: string): Promise<LabState> {
  const { name, controlPlanes, workers, etcd } = options;
  const shape = { controlPlanes, workers, etcd };
  const subnet = chooseSubnet(name, await readRoutes());
  const machines = await Promise.all(
    planHosts(name, subnet, shape).map(async (host) => ({ ...host, cgroups: await plannedCgroups(host.name) })),
  );
  const opt = options.opt === undefined ? {} : { opt: options.opt };
  return { version: 1, name, phase: 'building', shape, base, ...opt, subnet, link: linkName(name), machines };
}

function inventoryChoices(options: LabUpOptions): InventoryChoices {
  const kubernetesVersion = (options.kubernetesVersion ?? defaultKubernetesVersion).replace(/^v/, '');
  if (options.mirror === undefined) return { kubernetesVersion };
  const isUrl = /^https?:\/\//.test(options.mirror);
  return { kubernetesVersion, mirror: isUrl || isAbsolute(options.mirror) ? options.mirror : resolve(options.mirror) };
}

function hostsOf(state: LabState): readonly LabHost[] {
  return state.machines.map(({ name, address, roles }) => ({ name, address, roles }));
}

function describeShape(shape: LabShape): string {
  const parts = [`control planes ${shape.controlPlanes}`, `workers ${shape.workers}`, `etcd ${shape.etcd}`];
  return parts.join(', ');
}
