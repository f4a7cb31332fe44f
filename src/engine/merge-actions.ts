import type { Action } from './action.ts';

type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Actions that one command can do together: packages of one manager, objects of one apply, one daemon-reload. */
export function mergeActions(actions: readonly Action[]): readonly Action[] {
  const runs: Action[][] = [];
  for (const action of actions) {
    const run = runs.at(-1);
    const key = keyOf(action);
    if (run?.[0] !== undefined && key !== undefined && keyOf(run[0]) === key) run.push(action);
    else runs.push([action]);
  }
  return runs.flatMap(mergeRun);
}

/** Neighbours with the same key are one command; undefined: always a command of its own. */
function keyOf(action: Action): string | undefined {
  if (action.kind === 'packages') return `packages ${action.manager}`;
  return action.kind === 'kube-apply' || action.kind === 'daemon-reload' ? action.kind : undefined;
}

function mergeRun(run: readonly Action[]): readonly Action[] {
  const [first] = run;
  if (first === undefined || run.length === 1) return run;
  if (first.kind === 'packages') return [mergePackages(first, ofKind(run, 'packages'))];
  if (first.kind === 'kube-apply') return [mergeApplies(first, ofKind(run, 'kube-apply'))];
  return [first];
}

function ofKind<K extends Action['kind']>(run: readonly Action[], kind: K): readonly ActionOf<K>[] {
  return run.filter((action): action is ActionOf<K> => action.kind === kind);
}

function mergePackages(first: ActionOf<'packages'>, run: readonly ActionOf<'packages'>[]): Action {
  const services = union(run.map((action) => action.services ?? []));
  return { ...first, names: union(run.map(({ names }) => names)), ...(services.length === 0 ? {} : { services }) };
}

function mergeApplies(first: ActionOf<'kube-apply'>, run: readonly ActionOf<'kube-apply'>[]): Action {
  const reasons = new Set(run.flatMap(({ why }) => why.split('; ')));
  return { ...first, objects: run.flatMap(({ objects }) => objects), why: [...reasons].join('; ') };
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}
