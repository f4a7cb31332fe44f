// Stands in a copy of the product where the connections over SSH are made: hosts whose answers were recorded, one file a node.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Host, RunOptions, RunResult } from '../src/host/host.ts';
import type { Connected } from '../src/host/ssh/connect-all.ts';
import type { SshNode } from '../src/host/ssh/route.ts';

const folder = process.env.KCLUSTER_BENCH_HOSTS ?? '';

/** Over a network answers come as fast as this program takes them; from a disk they would all be there at once. */
const maxAnswersAtOnce = 32;
const reading = { free: maxAnswersAtOnce, waiting: [] as (() => void)[] };

async function readAnswer(node: string): Promise<string> {
  if (reading.free > 0) reading.free--;
  else await new Promise<void>((resolve) => reading.waiting.push(resolve));
  try {
    return await readFile(path.join(folder, node), 'utf8');
  } finally {
    const next = reading.waiting.shift();
    if (next === undefined) reading.free++;
    else next();
  }
}

const beyondPlanning = async (): Promise<never> => {
  throw new Error('a plan is only made: nothing changes a simulated host');
};

/** A host that can do nothing but answer the look. */
class SimulatedHost implements Host {
  readonly node: string;
  readonly upload = beyondPlanning;
  readonly download = beyondPlanning;
  readonly follow = beyondPlanning;
  roundTrips = 0;

  constructor(node: string) {
    this.node = node;
  }

  async run(_script: string, { title = '' }: RunOptions = {}): Promise<RunResult> {
    if (!title.startsWith('observe ')) return beyondPlanning();
    this.roundTrips++;
    return { code: 0, stdout: await readAnswer(this.node), stderr: '' };
  }

  async close(): Promise<void> {
    // There is no connection.
  }
}

export async function connectAll(nodes: readonly SshNode[]): Promise<Connected> {
  return { hosts: new Map(nodes.map(({ name }) => [name, new SimulatedHost(name)])), failures: [] };
}

process.on('exit', () => {
  process.stderr.write(`peak memory: ${process.resourceUsage().maxRSS} KiB\n`);
});
