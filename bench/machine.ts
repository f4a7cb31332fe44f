import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';

export interface MachineDescription {
  readonly cores: number;
  readonly model: string;
  readonly memoryGiB: number;
  readonly kernel: string;
}

export function describeMachine(): MachineDescription {
  const cores = cpus();
  return {
    cores: cores.length,
    model: cores[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

/** Average number of processes that ran or wanted to, over the last minute. */
export function readLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** CPU seconds that everything in a lab host's cgroups has used so far. @param cgroups one directory for each hierarchy */
export async function readCpuSeconds(cgroups: readonly string[]): Promise<number> {
  for (const directory of cgroups) {
    const nanoseconds = await readIfThere(path.join(directory, 'cpuacct.usage'));
    if (nanoseconds !== undefined) return Number(nanoseconds) / 1e9;
    const microseconds = /^usage_usec (\d+)$/m.exec((await readIfThere(path.join(directory, 'cpu.stat'))) ?? '')?.[1];
    if (microseconds !== undefined) return Number(microseconds) / 1e6;
  }
  return Number.NaN;
}

export interface ProcessorTime {
  /** Of all cores together, in ticks. */
  readonly busy: number;
  readonly total: number;
}

/** The first line of /proc/stat. */
export function parseProcessorTime(stat: string): ProcessorTime {
  const ticks = (stat.split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, part) => sum + part, 0);
  const [, , , idle = 0, waiting = 0] = ticks;
  return { busy: total - idle - waiting, total };
}

export async function readProcessorTime(): Promise<ProcessorTime> {
  return parseProcessorTime(await readFile('/proc/stat', 'utf8'));
}

/** How busy this machine's cores were between two moments, 0 to 1, whoever kept them busy. */
export function busyShare(before: ProcessorTime, after: ProcessorTime): number {
  return (after.busy - before.busy) / (after.total - before.total);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
