import { joiningMark } from '../components/joining.ts';
import type { Phase } from '../engine/phase.ts';
import { everyNode, sameNode } from './component-phases.ts';

/** The last step of a node: everything of it is there and the cluster knows it, so it is joining no more. @param phases all that stand before */
export function hostFinish(phases: readonly Phase[]): Phase {
  return {
    id: 'host/finish',
    title: 'Finish host',
    // Labels, annotations and pod ranges of a node are written from another one.
    after: [...phases.map(({ id }) => sameNode(id)), everyNode('nodes/register')],
    rollout: 'parallel',
    targets: (cluster) => cluster.nodes,
    resources: () => [],
    actions: (_, __, { files }) => {
      const sha256 = files.get(joiningMark)?.sha256;
      return sha256 === undefined ? [] : [{ kind: 'remove', path: joiningMark, expected: { sha256 }, why: 'everything is in place' }];
    },
  };
}
