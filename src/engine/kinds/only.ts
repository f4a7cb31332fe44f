import type { Action } from '../action.ts';
import type { OnlyResource } from '../resource.ts';
import type { Kind } from './kind.ts';

export const onlyKind: Kind<OnlyResource> = {
  probes: ({ path }) => [{ kind: 'entries', path }],
  plan: ({ path, names }, { seen: { entries } }) => {
    const strays = (entries.get(path) ?? []).filter((name) => !names.includes(name)).toSorted();
    if (strays.length === 0) return [];
    const files = strays.map((name): Action => ({ kind: 'take-away', of: 'file', path: `${path}/${name}` }));
    return names.length > 0 ? files : [...files, { kind: 'take-away', of: 'directory', path }];
  },
};
