import { createHash } from 'node:crypto';
import { ConfigurationError } from '../errors.ts';

export type LabRole = 'control-plane' | 'etcd' | 'worker';

/** How many hosts of each kind a lab has. */
export interface LabShape {
  readonly controlPlanes: number;
  readonly workers: number;
  /** Hosts that hold etcd only; 0: etcd is stacked on the control planes. */
  readonly etcd: number;
}

export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly LabRole[];
}

const namePattern = /^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/;

/** @throws ConfigurationError */
export function checkLabName(name: string): void {
  if (namePattern.test(name)) return;
  throw new ConfigurationError(`"${name}" cannot be the name of a lab: 1 to 20 small letters, digits and dashes, a letter first`, {
    remedy: 'Choose another name with --name, for example demo.',
  });
}

/** Names and last octets by role; the limits keep every range inside one /24. */
const kinds = [
  { count: 'controlPlanes', label: 'control planes', short: 'cp', firstOctet: 11, limit: 9, minimum: 1 },
  { count: 'workers', label: 'workers', short: 'w', firstOctet: 21, limit: 150, minimum: 0 },
  { count: 'etcd', label: 'etcd hosts', short: 'etcd', firstOctet: 201, limit: 9, minimum: 0 },
] as const satisfies readonly { count: keyof LabShape; [key: string]: unknown }[];

/** @throws ConfigurationError */
export function checkLabShape(shape: LabShape): void {
  for (const kind of kinds) {
    const count = shape[kind.count];
    if (Number.isInteger(count) && count >= kind.minimum && count <= kind.limit) continue;
    throw new ConfigurationError(`a lab has ${kind.minimum} to ${kind.limit} ${kind.label}, not ${count}`, {
      remedy: `Ask for a number of ${kind.label} within these limits.`,
    });
  }
}

/** The hosts of a lab, in the order control planes, workers, etcd. @param subnet first three octets, `10.101.7` */
export function planHosts(name: string, subnet: string, shape: LabShape): readonly LabHost[] {
  const alone = shape.workers === 0;
  const roles: Record<keyof LabShape, readonly LabRole[]> = {
    controlPlanes: alone ? ['control-plane', 'worker'] : ['control-plane'],
    workers: ['worker'],
    etcd: ['etcd'],
  };
  return kinds.flatMap((kind) =>
    Array.from({ length: shape[kind.count] }, (_, index) => ({
      name: `${name}-${kind.short}${index + 1}`,
      address: `${subnet}.${kind.firstOctet + index}`,
      roles: roles[kind.count],
    })),
  );
}

export function sameShape(a: LabShape, b: LabShape): boolean {
  return a.controlPlanes === b.controlPlanes && a.workers === b.workers && a.etcd === b.etcd;
}

/** Interface of the operator's end of the lab's network: at most 15 characters, unique by name. */
export function linkName(name: string): string {
  return `kl-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`;
}
