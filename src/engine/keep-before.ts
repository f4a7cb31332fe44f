import { formatVersion } from '../cluster/version.ts';
import type { Action } from './action.ts';
import type { Condition } from './condition.ts';
import { keptStampPath, unitStampPath } from './host-paths.ts';
import type { Observations } from './observation.ts';
import type { Desired, Phase } from './phase.ts';
import type { Probe } from './probe.ts';
import type { Resource } from './resource.ts';
import { writtenPaths } from './written-paths.ts';

export type KeepAction = Extract<Action, { kind: 'keep' }>;

function changedPaths(action: Action): readonly string[] {
  if (action.kind === 'attributes') return [action.path];
  return action.kind === 'unit' ? [unitStampPath(action.unit)] : writtenPaths(action);
}

const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

/** Name of what a phase keeps: the phase, and what it leads to. */
export function keepName({ id }: Pick<Phase, 'id'>, { cluster }: Pick<Desired, 'cluster'>): string {
  return `${id.replaceAll('/', '-')}-${formatVersion(cluster.kubernetesVersion)}`;
}

const unitsOf = (resources: readonly Resource[]): readonly string[] =>
  resources.flatMap((resource) => (resource.kind === 'unit' ? [resource.unit] : []));

/** What shows whether a step of the phase was cut off once it had started its units anew. Their stamps are asked for by the units. */
export function keptProbes(phase: Phase, desired: Desired, resources: readonly Resource[]): readonly Probe[] {
  if (phase.reversible !== true) return [];
  return unitsOf(resources).map((unit) => ({ kind: 'content', path: keptStampPath(keepName(phase, desired), unit) }));
}

type Seen = Pick<Observations, 'contents' | 'health'>;

/** Of these units, those that run with what the step of that name started them with. */
function startedBy(name: string, units: readonly string[], { contents }: Seen): readonly string[] {
  return units.filter((unit) => {
    const started = contents.get(keptStampPath(name, unit));
    return started !== undefined && started === contents.get(unitStampPath(unit));
  });
}

const startedNote = /^\/var\/lib\/kcluster\/kept\/([^/]+)\/started\/(.+)$/;

/** Units of a host that a step has started anew which was cut off before its gate was seen to open. */
export function unfinishedUnits(seen: Seen): ReadonlySet<string> {
  const notes = [...seen.contents.keys()].flatMap((path) => {
    const [, name, unit] = startedNote.exec(path) ?? [];
    return name === undefined || unit === undefined ? [] : startedBy(name, [unit], seen);
  });
  return new Set(notes);
}

function answers(gate: readonly Condition[], { health }: Seen): boolean {
  return gate.every(({ test }) => test.kind !== 'http' || health.get(test.url)?.status === 200);
}

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

/** What a step is planned from that can be taken back. */
export interface Reversible {
  readonly name: string;
  readonly actions: readonly Action[];
  readonly resources: readonly Resource[];
  readonly gate: readonly Condition[];
}

/**
 * The same, where a run was cut off between the restart of a unit and its gate: the gate is awaited with what that run kept, which is
 * put back or forgotten as it would have been then. Where the unit is well and is to be started anew, that run had come to its end.
 */
export function keepOn({ name, actions, resources, gate }: Reversible, seen: Seen): readonly Action[] {
  const started = startedBy(name, unitsOf(resources), seen);
  const isRestarted = actions.some((action) => action.kind === 'unit' && action.op === 'restart');
  if (started.length === 0 || (isRestarted && answers(gate, seen))) return keepBefore(name, actions);
  return [{ kind: 'keep', name, paths: [], units: sorted(started), unfinished: true }, ...actions];
}
