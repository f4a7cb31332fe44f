import type { RunEvent } from '../engine/events.ts';
import { toJsonEvent } from './json-event.ts';
import type { Output } from './output.ts';
import type { Reporter } from './reporter.ts';

/** One JSON object a line, for programs. */
export class JsonReporter implements Reporter {
  private readonly out: Output;

  constructor(out: Output) {
    this.out = out;
  }

  emit(event: RunEvent): void {
    this.out.write(`${JSON.stringify(toJsonEvent(event))}\n`);
  }

  async end(): Promise<void> {
    // Every line is written at once.
  }
}
