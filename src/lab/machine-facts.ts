import { readFile } from 'node:fs/promises';
import { type Mount, readMounts } from './mounts.ts';

/** What of this machine the lab's hosts inherit and a cluster on them must know. */
export interface MachineFacts {
  /** Controllers live in version 1 hierarchies. */
  readonly cgroupV1: boolean;
  /** Without CAP_SYS_RESOURCE nobody may lower an OOM score. */
  readonly mayLowerOomScore: boolean;
  readonly hasSwap: boolean;
}

/** Number of CAP_SYS_RESOURCE in linux/capability.h. */
const capSysResource = 24n;

/** @param status text of /proc/PID/status, whose CapBnd line holds the bounding set in hexadecimal */
export function parseCapSysResource(status: string): boolean {
  const match = /^CapBnd:\s*([0-9a-fA-F]+)$/m.exec(status);
  return match !== null && ((BigInt(`0x${match[1]}`) >> capSysResource) & 1n) === 1n;
}

/** @param mounts of /proc/self/mountinfo; a machine of version 2 has cgroup2 itself at /sys/fs/cgroup */
export function usesCgroupV1(mounts: readonly Mount[]): boolean {
  return !mounts.some((mount) => mount.target === '/sys/fs/cgroup' && mount.type === 'cgroup2');
}

/** @param swaps text of /proc/swaps: a heading, then one line for each */
export function parseSwap(swaps: string): boolean {
  return swaps.trim().split('\n').length > 1;
}

export async function readMachineFacts(): Promise<MachineFacts> {
  return {
    cgroupV1: usesCgroupV1(await readMounts()),
    mayLowerOomScore: parseCapSysResource(await readFile('/proc/self/status', 'utf8')),
    hasSwap: parseSwap(await readFile('/proc/swaps', 'utf8')),
  };
}
