import type { RunResult } from '../../app/run-workflow.ts';

/** One line about what has become of an upgrade that did not fail. */
export function summarizeUpgrade(results: readonly RunResult[], pauses: boolean): string {
  if (!results.some(({ applied }) => applied)) return 'nothing to do';
  return pauses
    ? 'the first node is done; look at it, and run again to go on'
    : 'done; write the release into the inventory, if it is not there yet';
}
