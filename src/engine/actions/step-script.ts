import { shellQuote } from '../../render/shell-quote.ts';
import type { Action } from '../action.ts';
import { hostPaths } from '../host-paths.ts';
import type { Step } from '../plan.ts';
import { writtenPaths } from '../written-paths.ts';
import { writeStartedNote } from './keep.ts';
import type { Material } from './material.ts';
import { shellLibrary } from './shell-library.ts';
import { writeAction } from './write-action.ts';

/** Line by which a script says that the action of that index is done. */
export const doneMark = 'kcluster-done';

function journalLine(step: Step, runId: string, event: string): string {
  const fields = JSON.stringify({ run: runId, step: step.id, event });
  return `printf '{"at":"%s",%s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" ${shellQuote(fields.slice(1))} >>${hostPaths.journal}`;
}

function syncDirectories(actions: readonly Action[]): string {
  const directories = new Set(actions.flatMap(writtenPaths).map((path) => path.slice(0, path.lastIndexOf('/'))));
  return directories.size === 0 ? '' : `sync ${[...directories].map(shellQuote).join(' ')}\n`;
}

/** Before a unit is started anew in a step that can be taken back. */
function noteOf(action: Action, kept: Extract<Action, { kind: 'keep' }> | undefined): string {
  if (kept === undefined || action.kind !== 'unit' || !kept.units.includes(action.unit)) return '';
  return action.op === 'restart' || action.op === 'start' ? writeStartedNote(kept, action) : '';
}

/** One script for a run of actions of a step: stops at the first that fails, notes beginning and end in the host's journal. */
export function writeStepScript(step: Step, actions: readonly (readonly [number, Action])[], material: Material, runId: string): string {
  const kept = step.actions.find((action) => action.kind === 'keep');
  const pieces = actions.map(([index, action]) => {
    const name = `kc_action_${index}`;
    return `${name}() {\n${noteOf(action, kept)}${writeAction(action, material)}\n}\n${name} || exit\nprintf '${doneMark} %s\\n' ${index}\n`;
  });
  const sync = syncDirectories(actions.map(([, action]) => action));
  // The journal itself goes with the last action of a host.
  const end = actions.some(([, action]) => action.kind === 'host-end') ? '' : `${journalLine(step, runId, 'end')}\n`;
  return `${shellLibrary}${journalLine(step, runId, 'begin')}\n${pieces.join('')}${sync}${end}`;
}
