import process from 'node:process';
import type { Session } from '../../app/session.ts';
import { chooseReporter } from '../../ui/choose-reporter.ts';
import { createReporter } from '../../ui/create-reporter.ts';
import { standardOutput } from '../../ui/standard-output.ts';
import { interruptSignal } from './interrupt-signal.ts';

/** Shows how something on this machine comes on, for commands that talk to no host. */
export async function withReporter<T>(work: (teller: Pick<Session, 'emit' | 'elapsedMs' | 'signal'>) => Promise<T>): Promise<T> {
  const out = standardOutput(process.stderr);
  const reporter = createReporter(chooseReporter({ json: false, isTTY: out.isTTY, ci: process.env.CI !== undefined }), out);
  const interrupt = interruptSignal();
  const began = performance.now();
  try {
    return await work({
      emit: (event) => reporter.emit(event),
      elapsedMs: () => Math.round(performance.now() - began),
      signal: interrupt.signal,
    });
  } finally {
    interrupt.dispose();
    await reporter.end();
  }
}
