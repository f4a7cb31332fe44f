import type { ReporterKind } from './reporter.ts';

/** JSON when asked for; a tree on a terminal that a person watches; else plain lines. */
export function chooseReporter(situation: { readonly json: boolean; readonly isTTY: boolean; readonly ci: boolean }): ReporterKind {
  if (situation.json) return 'json';
  return situation.isTTY && !situation.ci ? 'tree' : 'lines';
}
