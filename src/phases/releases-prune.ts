import type { Dependency, Phase } from '../engine/phase.ts';

/** The end of an upgrade: every node keeps what it runs and the release before that; older ones only fill its disk. */
export function releasesPrune(after: readonly Dependency[]): Phase {
  return {
    id: 'releases/prune',
    title: 'Remove older releases',
    after,
    rollout: 'parallel',
    targets: (cluster) => cluster.nodes,
    resources: (desired, node) => {
      const binaries = desired.describe(node).flatMap(({ install, run }) => [...install, ...run].filter(({ kind }) => kind === 'binary'));
      const releases = new Map(
        binaries.flatMap((resource) => (resource.kind === 'binary' ? [[resource.component, resource.version]] : [])),
      );
      return [{ kind: 'old-releases', releases }];
    },
  };
}
