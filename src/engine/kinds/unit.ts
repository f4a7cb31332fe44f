import type { Action } from '../action.ts';
import { unitStampPath } from '../host-paths.ts';
import type { FileSeen, Observations, UnitSeen } from '../observation.ts';
import type { SystemdResource, UnitResource } from '../resource.ts';
import type { Kind, KindContext } from './kind.ts';

/**
 * What a unit's process was started with: one line `<sha256 or -> target>  <path>` an input, sorted by path.
 * The same text is written on the host when the unit is started (engine/actions/unit.ts).
 */
export function stampOf(inputs: readonly string[], seen: Observations): string {
  return [...inputs]
    .sort()
    .map((path) => `${stateOf(seen.files.get(path))}  ${path}\n`)
    .join('');
}

function stateOf(file: FileSeen | undefined): string {
  if (file === undefined) return 'absent';
  return file.sha256 ?? (file.target === undefined ? 'other' : `-> ${file.target}`);
}

function reasonToRestart({ unit, inputs }: UnitResource, context: KindContext): string | undefined {
  const changed = inputs.find((path) => context.changed.has(path));
  if (changed !== undefined) return `${changed} changes`;
  const stamp = context.seen.contents.get(unitStampPath(unit));
  if (stamp === undefined) return 'not known what it was started with';
  if (stamp === stampOf(inputs, context.seen)) return undefined;
  const was = new Set(stamp.split('\n'));
  const moved = stampOf(inputs, context.seen)
    .split('\n')
    .find((line) => !was.has(line));
  return `started before ${moved?.replace(/^.*? {2}/, '') ?? 'an input'} changed`;
}

/** systemd remembers whether a unit that it has loaded is enabled: it must look again, or the next run would be told the old state. */
function enable(unit: string, seen: UnitSeen | undefined): readonly Action[] {
  const action: Action = { kind: 'unit', unit, op: 'enable', inputs: [], why: 'starts at boot' };
  return seen?.load === 'loaded' ? [action, { kind: 'daemon-reload' }] : [action];
}

function planUnit(resource: UnitResource, context: KindContext): readonly Action[] {
  const { unit, inputs } = resource;
  const seen = context.seen.units.get(unit);
  const actions: Action[] = [];
  const reload = seen?.needsReload === true && !context.changed.has(`/etc/systemd/system/${unit}`);
  if (reload) actions.push({ kind: 'daemon-reload' });
  if (seen?.enabled !== 'enabled') actions.push(...enable(unit, seen));
  if (seen?.active !== 'active' && seen?.active !== 'activating') {
    const why = seen === undefined || seen.load === 'not-found' ? 'new' : `was ${seen.active}`;
    actions.push({ kind: 'unit', unit, op: 'start', inputs, why });
    return actions;
  }
  const why = reasonToRestart(resource, context);
  if (why !== undefined) actions.push({ kind: 'unit', unit, op: 'restart', inputs, why });
  return actions;
}

export const unitKind: Kind<UnitResource> = {
  probes: ({ unit, inputs }) => [
    { kind: 'unit', unit },
    { kind: 'content', path: unitStampPath(unit) },
    ...inputs.map((path) => ({ kind: 'file', path }) as const),
  ],
  plan: planUnit,
};

export const systemdKind: Kind<SystemdResource> = {
  probes: () => [],
  plan: (_, { changed }) => ([...changed].some((path) => path.startsWith('/etc/systemd/system/')) ? [{ kind: 'daemon-reload' }] : []),
};
