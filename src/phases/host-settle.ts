import type { Dependency, Phase } from '../engine/phase.ts';

/** Within the folder of engine/host-paths.ts, with which it goes when the host is reset. */
export const joinedMark = '/var/lib/kcluster/joined';

/** A mark behind all else: a host without it is still joining, however much of it runs already; what is missing beside it has drifted. */
export const hostSettle = (after: readonly Dependency[]): Phase => ({
  id: 'host/settle',
  title: 'Note that it has joined',
  after,
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: ({ cluster }) => [
    { kind: 'file', path: joinedMark, content: { text: `${cluster.name}\n` }, mode: 0o600, owner: 'root', group: 'root' },
  ],
});
