import type { RunEvent } from '../engine/events.ts';

export type ReporterKind = 'tree' | 'lines' | 'json';

/** Shows a run while it goes on. It only draws: no work waits for it. */
export interface Reporter {
  emit(event: RunEvent): void;
  /**
   * Draws what is left and gives the screen back. Needed before anything else is written (a plan, a question) and at the
   * end, also of a failed run; may be called twice, and events that come later are drawn again.
   */
  end(): Promise<void>;
}
