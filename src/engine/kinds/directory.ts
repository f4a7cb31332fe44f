import type { DirectoryResource } from '../resource.ts';
import { describeWrongAttributes, refuseOther } from './file.ts';
import type { Kind } from './kind.ts';

export const directoryKind: Kind<DirectoryResource> = {
  probes: ({ path }) => [{ kind: 'file', path }],
  plan: ({ path, mode, owner, group }, context) => {
    const seen = context.seen.files.get(path);
    refuseOther(context.node, path, seen, 'directory');
    if (seen === undefined) return [{ kind: 'directory', path, mode, owner, group }];
    const wrong = describeWrongAttributes(seen, mode, owner, group);
    return wrong === undefined ? [] : [{ kind: 'attributes', path, mode, owner, group, why: wrong }];
  },
};
