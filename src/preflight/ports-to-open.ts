import type { Node, NodeName } from '../cluster/cluster.ts';
import type { Observations } from '../engine/observation.ts';
import type { Path } from '../engine/path.ts';
import type { Desired } from '../engine/phase.ts';
import type { UntestedPort } from './path-check.ts';

export interface PortsToOpen {
  /** Where the test has to listen itself, because nothing of ours does. */
  readonly listen: readonly number[];
  /** Left alone: a component is about to take the port, or to leave it. */
  readonly untested: readonly UntestedPort[];
}

const moving = ['activating', 'deactivating', 'reloading'];

/** Which ports of a node the test opens: never one that a component of ours holds or is about to take. */
export function portsToOpen(desired: Desired, node: Node, seen: Observations, paths: readonly Path[]): PortsToOpen {
  const wanted = new Set(paths.filter(({ to }: { to: NodeName }) => to === node.name).map(({ port }) => port));
  const owners = new Map(desired.describe(node).flatMap(({ unit, ports }) => ports.map(({ port }) => [port, unit] as const)));
  const stateOf = (port: number): string => seen.units.get(owners.get(port) ?? '')?.active ?? 'inactive';
  const idle = [...wanted].filter((port) => stateOf(port) !== 'active').sort((a, b) => a - b);
  return {
    listen: idle.filter((port) => !moving.includes(stateOf(port))),
    untested: idle
      .filter((port) => moving.includes(stateOf(port)))
      .map((port) => ({ port, reason: `${owners.get(port)} is ${stateOf(port)}` })),
  };
}
