import type { Action } from './action.ts';
import { unitStampPath } from './host-paths.ts';
import { writtenPaths } from './written-paths.ts';

export type KeepAction = Extract<Action, { kind: 'keep' }>;

function changedPaths(action: Action): readonly string[] {
  if (action.kind === 'attributes') return [action.path];
  return action.kind === 'unit' ? [unitStampPath(action.unit)] : writtenPaths(action);
}

const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

/**
 * The actions of a step that can be taken back: first, what they will replace is kept on the host. Nothing is kept where nothing that
 * runs is started anew.
 *
 * @param name of the step, and what it leads to: a step that is done again after it was cut off keeps what was there at first
 */
export function keepBefore(name: string, actions: readonly Action[]): readonly Action[] {
  const units = sorted(actions.flatMap((action) => (action.kind === 'unit' && action.op === 'restart' ? [action.unit] : [])));
  if (units.length === 0) return actions;
  return [{ kind: 'keep', name, paths: sorted(actions.flatMap(changedPaths)), units }, ...actions];
}
