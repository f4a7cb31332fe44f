import type { Action } from '../action.ts';
import type { GoneResource } from '../resource.ts';
import { expectedOf, refuseOther } from './file.ts';
import type { Kind } from './kind.ts';

export const goneKind: Kind<GoneResource> = {
  probes: ({ path }) => [{ kind: 'file', path }],
  plan: ({ path }, { node, seen: { files } }) => {
    const seen = files.get(path);
    refuseOther(node, path, seen, 'file');
    if (seen === undefined) return [];
    const remove: Action = { kind: 'remove', path, expected: expectedOf(seen), why: 'no longer wanted' };
    return path.startsWith('/etc/systemd/system/') ? [remove, { kind: 'daemon-reload' }] : [remove];
  },
};
