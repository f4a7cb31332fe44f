import type { LinkResource } from '../resource.ts';
import { expectedOf, refuseOther } from './file.ts';
import type { Kind } from './kind.ts';

export const linkKind: Kind<LinkResource> = {
  probes: ({ path }) => [{ kind: 'file', path }],
  plan: ({ path, target }, context) => {
    const seen = context.seen.files.get(path);
    refuseOther(context.node, path, seen, 'link');
    if (seen?.target === target) return [];
    return [{ kind: 'link', path, target, expected: expectedOf(seen) }];
  },
};
