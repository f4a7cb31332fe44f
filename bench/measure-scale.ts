import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { copySimulation } from './copy-simulation.ts';
import { readLoad } from './machine.ts';
import { root } from './paths.ts';
import { runTimed } from './run-timed.ts';

export interface ScaleSample {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Largest resident set of the process. */
  readonly peakBytes: number;
  /** Last line of the plan. */
  readonly summary: string;
  /** Load average as the run ended. */
  readonly load: number;
}

export const scaleCases = {
  bare: { title: 'plan, bare hosts', words: ['plan'] },
  converged: { title: 'plan, nothing to do', words: ['plan'] },
  joining: { title: 'join, one host more', words: ['join', '--dry-run'] },
} as const;
export type ScaleCase = keyof typeof scaleCases;

export interface ScaleResult {
  readonly nodes: number;
  readonly scene: ScaleCase;
  readonly samples: readonly ScaleSample[];
}

/** KiB of `peak memory: 123456 KiB`, as bytes. */
export function parsePeak(stderr: string): number {
  return Number(/^peak memory: (\d+) KiB$/m.exec(stderr)?.[1] ?? Number.NaN) * 1024;
}

interface Place {
  readonly directory: string;
  readonly signal: AbortSignal;
}

const scenery = (nodes: number, { directory }: Place): string => path.join(directory, String(nodes));

/** In a process of its own: what it holds of a thousand hosts is more than the program that is measured. */
function record(nodes: number, place: Place): Promise<void> {
  const argv = [path.join(import.meta.dirname, 'record-hosts.ts'), scenery(nodes, place), String(nodes)];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { stdio: 'inherit', signal: place.signal });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`recording ${nodes} hosts ended with ${code ?? 'a signal'}`))));
  });
}

async function measure(nodes: number, scene: ScaleCase, place: Place): Promise<ScaleSample> {
  const folder = path.join(scenery(nodes, place), scene);
  const program = path.join(place.directory, 'product/bin/kcluster');
  const hosts = `KCLUSTER_BENCH_HOSTS=${path.join(folder, 'hosts')}`;
  const argv = ['env', hosts, program, ...scaleCases[scene].words, '-i', path.join(folder, 'inventory.yaml')];
  let summary = '';
  const { startedAtMs, endedAtMs, cpuSeconds, stderr } = await runTimed(argv, place.signal, (line) => {
    if (line !== '') summary = line;
  });
  return { wallSeconds: (endedAtMs - startedAtMs) / 1000, cpuSeconds, peakBytes: parsePeak(stderr), summary, load: readLoad() };
}

export interface ScaleOptions {
  /** Sizes of the cluster, from small to large. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly signal: AbortSignal;
  report(line: string): void;
}

/** Plans of clusters of several sizes, each in a process of its own, over simulated hosts. The product must have been built. */
export async function measureScale({ sizes, rounds, signal, report }: ScaleOptions): Promise<readonly ScaleResult[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'kcluster-scale-'));
  const place = { directory, signal };
  // Of the artifacts only a few bytes each are there, and they must not meet the real ones.
  process.env.XDG_CACHE_HOME = path.join(directory, 'cache');
  process.env.PATH = `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH ?? ''}`;
  const results: ScaleResult[] = [];
  try {
    await copySimulation(path.join(directory, 'product'));
    for (const nodes of sizes) {
      report(`recording ${nodes} hosts`);
      await record(nodes, place);
      for (const scene of Object.keys(scaleCases) as ScaleCase[]) {
        const samples: ScaleSample[] = [];
        for (let round = 0; round < rounds; round++) samples.push(await measure(nodes, scene, place));
        results.push({ nodes, scene, samples });
        for (const { wallSeconds, cpuSeconds, peakBytes, summary, load } of samples)
          report(
            `${scaleCases[scene].title}, ${nodes}: ${wallSeconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s, ${(peakBytes / 1e6).toFixed(0)} MB, load ${load}: ${summary}`,
          );
      }
    }
    return results;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
