import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { ConfigurationError } from '../errors.ts';
import type { LabHost, LabShape } from './lab.ts';
import { labPaths, labsDirectory } from './paths.ts';
import { isGone, type ProcessIdentity } from './process-identity.ts';

export interface LabMachine extends LabHost {
  /** Control groups of the host, one in each hierarchy; written down before they are made. */
  readonly cgroups: readonly string[];
  /** Shell that boots the host and boots it again after a reboot from inside. */
  readonly keeper?: ProcessIdentity;
}

/** Everything a lab has on this machine; written before it is made, so that a killed run can be cleaned up. */
export interface LabState {
  readonly version: 1;
  readonly name: string;
  /** `ready`: all hosts have answered once. */
  readonly phase: 'building' | 'ready';
  readonly shape: LabShape;
  /** Base system under the hosts' overlays. */
  readonly base: string;
  /** Directory under the hosts' /opt, which none of them changes: what an image that was prepared for clusters would bring along. */
  readonly opt?: string;
  /** First three octets. */
  readonly subnet: string;
  /** Interface at the operator's end of the lab's network. */
  readonly link: string;
  readonly machines: readonly LabMachine[];
}

/** @throws ConfigurationError when the text is no state of this version */
export function parseLabState(text: string, path: string): LabState {
  const remedy = `Look into ${path}; remove its directory by hand once no mount and no process of the lab is left.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(`${path} is not JSON`, { cause, remedy });
  }
  if (!isLabState(value)) throw new ConfigurationError(`${path} is not a lab state of version 1`, { remedy });
  return value;
}

function isLabState(value: unknown): value is LabState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Partial<Record<keyof LabState, unknown>>;
  const texts = [state.name, state.phase, state.base, state.subnet, state.link];
  return state.version === 1 && texts.every((text) => typeof text === 'string') && Array.isArray(state.machines);
}

/** Undefined when there is no such lab. @throws ConfigurationError */
export async function readLabState(name: string): Promise<LabState | undefined> {
  const path = labPaths(name).state;
  try {
    return parseLabState(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Appears whole or not at all. */
export async function writeLabState(state: LabState): Promise<void> {
  const paths = labPaths(state.name);
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  await writeFile(`${paths.state}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${paths.state}.new`, paths.state);
}

/** Names of all labs of this user, also half-made ones. */
export async function listLabs(): Promise<readonly string[]> {
  try {
    const entries = await readdir(labsDirectory(), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

export async function listLabsAndStates(): Promise<readonly LabState[]> {
  const states = await Promise.all((await listLabs()).map(readLabState));
  return states.filter((state) => state !== undefined);
}

export function replaceMachine(state: LabState, machine: LabMachine): LabState {
  return { ...state, machines: state.machines.map((other) => (other.name === machine.name ? machine : other)) };
}

/** @throws ConfigurationError when there is no such lab */
export async function requireLabState(name: string): Promise<LabState> {
  const state = await readLabState(name);
  if (state !== undefined) return state;
  const others = await listLabs();
  const known = others.length === 0 ? 'there is none' : `there are: ${others.join(', ')}`;
  throw new ConfigurationError(`there is no lab named ${name} (${known})`, { remedy: `Make it: kcluster lab up --name ${name}` });
}

/** @throws ConfigurationError when the lab has no such host */
export function requireMachine(state: LabState, host: string): LabMachine {
  const machine = state.machines.find((candidate) => candidate.name === host);
  if (machine !== undefined) return machine;
  const names = state.machines.map((candidate) => candidate.name).join(', ');
  throw new ConfigurationError(`lab ${state.name} has no host named ${host}`, { remedy: `Name one of: ${names}.` });
}
