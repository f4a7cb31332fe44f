import { commandLine } from './command-line.ts';
import type { BenchContext, FreshLab } from './lab-host.ts';
import { runTimed } from './run-timed.ts';

/** Binaries and images onto the hosts; nothing is started. */
export async function stageHosts(lab: FreshLab, context: BenchContext): Promise<void> {
  await runTimed(commandLine(context, ['artifacts', 'stage', '-i', lab.inventory, '--yes']), context.signal, () => undefined);
}
