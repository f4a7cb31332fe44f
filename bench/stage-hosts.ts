import { existsSync } from 'node:fs';
import path from 'node:path';
import { commandLine } from './command-line.ts';
import type { BenchContext, FreshLab } from './lab-host.ts';
import { runTimed } from './run-timed.ts';

const words = ['artifacts', 'stage'];

/** Whether this kcluster can bring artifacts to hosts ahead of time. */
export function canStageHosts({ product }: Pick<BenchContext, 'product'>): boolean {
  return existsSync(path.join(product, 'dist/commands', `${words.join('/')}.js`));
}

/** Binaries and images onto the hosts; nothing is started. */
export async function stageHosts(lab: FreshLab, context: BenchContext): Promise<void> {
  await runTimed(commandLine(context, [...words, '-i', lab.inventory, '--yes']), context.signal, () => undefined);
}
