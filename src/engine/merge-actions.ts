import type { Action } from './action.ts';

/** Actions that one command can do together: packages of one manager, objects of one apply, one daemon-reload. */
export function mergeActions(actions: readonly Action[]): readonly Action[] {
  const merged: Action[] = [];
  for (const action of actions) {
    const previous = merged.at(-1);
    const together = previous === undefined ? undefined : mergePair(previous, action);
    if (together === undefined) merged.push(action);
    else merged[merged.length - 1] = together;
  }
  return merged;
}

function mergePair(a: Action, b: Action): Action | undefined {
  if (a.kind === 'packages' && b.kind === 'packages' && a.manager === b.manager) {
    const services = union(a.services ?? [], b.services ?? []);
    return { ...a, names: union(a.names, b.names), ...(services.length === 0 ? {} : { services }) };
  }
  if (a.kind === 'kube-apply' && b.kind === 'kube-apply')
    return { ...a, objects: [...a.objects, ...b.objects], why: joinReasons(a.why, b.why) };
  if (a.kind === 'daemon-reload' && b.kind === 'daemon-reload') return a;
  return undefined;
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort();
}

/** Each reason once. */
function joinReasons(a: string, b: string): string {
  return [...new Set([...a.split('; '), ...b.split('; ')])].join('; ');
}
