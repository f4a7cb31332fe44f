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

interface Staleness {
  /** Inputs that are not what the process has read; empty where that is not known. */
  readonly inputs: readonly string[];
  readonly why: string;
}

/** What of its inputs the running process does not know, or undefined when it knows them all. */
function staleness({ unit, inputs }: UnitResource, context: KindContext): Staleness | undefined {
  const stamp = context.seen.contents.get(unitStampPath(unit));
  const now = stampOf(inputs, context.seen);
  const changed = inputs.filter((path) => context.changed.has(path));
  if (stamp === undefined)
    return { inputs: [], why: changed[0] === undefined ? 'not known what it was started with' : `${changed[0]} changes` };
  if (stamp === now && changed.length === 0) return undefined;
  const was = new Set(stamp.split('\n'));
  const moved = now
    .split('\n')
    .filter((line) => !was.has(line))
    .map((line) => line.replace(/^.*? {2}/, ''));
  // A line of an input that is none any more: the process read it, so it must go.
  const isForgotten = stamp.split('\n').some((line) => line !== '' && !inputs.includes(line.replace(/^.*? {2}/, '')));
  const why = changed[0] === undefined ? `started before ${moved[0] ?? 'an input'} changed` : `${changed[0]} changes`;
  return { inputs: isForgotten ? [] : [...new Set([...changed, ...moved])], why };
}

/** A reload is enough when it is known what the process lacks, and all of that is read again by a reload. */
function opFor(stale: Staleness, reloads: readonly string[], seen: UnitSeen): 'reload' | 'restart' {
  const isEnough = stale.inputs.length > 0 && stale.inputs.every((path) => reloads.includes(path));
  return isEnough && seen.active === 'active' ? 'reload' : 'restart';
}

/** systemd remembers whether a unit that it has loaded is enabled: it must look again, or the next run would be told the old state. */
function enable(unit: string, seen: UnitSeen | undefined): readonly Action[] {
  const action: Action = { kind: 'unit', unit, op: 'enable', inputs: [], why: 'starts at boot' };
  return seen?.load === 'loaded' ? [action, { kind: 'daemon-reload' }] : [action];
}

const running: ReadonlySet<string> = new Set(['active', 'activating', 'reloading']);

function planUnit(resource: UnitResource, context: KindContext): readonly Action[] {
  const { unit, inputs, reloads = [] } = resource;
  const seen = context.seen.units.get(unit);
  const actions: Action[] = [];
  const reload = seen?.needsReload === true && !context.changed.has(`/etc/systemd/system/${unit}`);
  if (reload) actions.push({ kind: 'daemon-reload' });
  if (seen?.enabled !== 'enabled') actions.push(...enable(unit, seen));
  if (seen === undefined || !running.has(seen.active)) {
    const why = seen === undefined || seen.load === 'not-found' ? 'new' : `was ${seen.active}`;
    actions.push({ kind: 'unit', unit, op: 'start', inputs, why });
    return actions;
  }
  const stale = staleness(resource, context);
  if (stale !== undefined) actions.push({ kind: 'unit', unit, op: opFor(stale, reloads, seen), inputs, why: stale.why });
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
