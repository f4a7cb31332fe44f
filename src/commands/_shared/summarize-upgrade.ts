import type { RunResult } from '../../app/run-workflow.ts';

interface Ending {
  /** It was to end after the first node. */
  readonly pauses: boolean;
  /** What is to be said of the inventory has been said. */
  readonly follows: boolean;
}

/** One line about what has become of an upgrade that did not fail. */
export function summarizeUpgrade(results: readonly RunResult[], { pauses, follows }: Ending): string {
  if (!results.some(({ applied }) => applied)) return 'nothing to do';
  if (pauses) return 'the first node is done; look at it, and run again to go on';
  return follows ? 'done' : 'done; write the release into the inventory, if it is not there yet';
}
