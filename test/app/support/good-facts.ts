import type { HostFacts } from '../../../src/engine/observation.ts';

const GiB = 1024 ** 3;

/** A machine that no check finds fault with. */
export function goodFacts(name: string): HostFacts {
  return {
    osId: 'debian',
    osIdLike: '',
    osVersion: '12',
    kernel: '6.1.0-13-amd64',
    machine: 'x86_64',
    hostname: name,
    machineId: `id-of-${name}`,
    cgroupVersion: 2,
    memoryBytes: 4 * GiB,
    cpus: 4,
    swapBytes: 0,
    systemdVersion: 252,
    clockSeconds: 1_780_000_000,
    uid: 0,
    packageManager: 'apt',
    freeBytes: { '/opt': 20 * GiB, '/var/lib': 20 * GiB, '/etc': 20 * GiB },
    freePercent: { '/opt': 50, '/var/lib': 50, '/etc': 50 },
  };
}
