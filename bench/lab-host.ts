import type { LabShape } from '../src/lab/lab.ts';
import { labDown } from '../src/lab/lab-down.ts';
import { sshArguments } from '../src/lab/lab-ssh.ts';
import { labUp } from '../src/lab/lab-up.ts';
import { machinePaths } from '../src/lab/paths.ts';
import { runLocal } from '../src/lab/run-local.ts';
import { type LabMachine, requireLabState } from '../src/lab/state.ts';
import { readCpuSeconds } from './machine.ts';

/** What all measurements of one run share. */
export interface BenchContext {
  readonly kubernetes: string;
  readonly mirror: string;
  /** Copy of the compiled command line. */
  readonly product: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface FreshLab {
  readonly name: string;
  readonly inventory: string;
  readonly machines: readonly LabMachine[];
  /** Interface at the operator's end of its network. */
  readonly link: string;
}

/** A control plane is a worker too when there are no workers. */
export type BenchShape = Omit<LabShape, 'etcd'>;

/** Boots fresh hosts for the work, and takes them down whatever happens. */
export async function withFreshLab<T>(
  name: string,
  shape: BenchShape,
  context: BenchContext,
  work: (lab: FreshLab) => Promise<T>,
): Promise<T> {
  const { kubernetes, mirror, report, signal } = context;
  await labDown(name, () => undefined);
  try {
    const { inventory } = await labUp({ name, ...shape, etcd: 0, kubernetesVersion: kubernetes, mirror, install: true, report, signal });
    const { machines, link } = await requireLabState(name);
    return await work({ name, inventory, machines, link });
  } finally {
    await labDown(name, () => undefined);
  }
}

/** A file of a host as this machine sees it; what lies on a bound directory is elsewhere. */
export function fileOfHost(lab: string, host: string, file: string): string {
  const { root, disk } = machinePaths(lab, host);
  const bound = /^\/opt\/|^\/var\/lib\/(containerd|kubelet|etcd)\//.exec(file);
  if (bound === null) return `${root}${file}`;
  return bound[1] === undefined ? `${disk}${file}` : `${disk}/${file.slice('/var/lib/'.length)}`;
}

/** The command line of ssh that runs a script on a host as root. */
export function sshCommand(lab: string, machine: LabMachine, script: string): readonly string[] {
  return ['ssh', ...sshArguments(lab, machine, { user: 'root', command: [script] })];
}

export function runOnHost(lab: string, machine: LabMachine, script: string, signal: AbortSignal): Promise<string> {
  return runLocal(sshCommand(lab, machine, script), { signal });
}

/** CPU seconds that all hosts of a lab have used so far. */
export async function readHostsCpuSeconds(lab: FreshLab): Promise<number> {
  const seconds = await Promise.all(lab.machines.map((machine) => readCpuSeconds(machine.cgroups)));
  return seconds.reduce((sum, host) => sum + host, 0);
}
