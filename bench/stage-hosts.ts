import { commandLine } from './command-line.ts';
import type { BenchContext, FreshLab } from './lab-host.ts';
import { runTimed } from './run-timed.ts';

/** Binaries and images onto the hosts; nothing is started, and what runs holds its ports. */
export async function stageHosts(lab: FreshLab, context: BenchContext): Promise<void> {
  const argv = ['artifacts', 'stage', '-i', lab.inventory, '--yes', '--ignore-preflight', 'PortFree'];
  await runTimed(commandLine(context, argv), context.signal, () => undefined);
}
