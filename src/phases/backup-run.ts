import { nodesWithRole } from '../cluster/cluster.ts';
import { backupTimer } from '../components/backup.ts';
import type { Dependency, Phase } from '../engine/phase.ts';
import { resourcesOf, runPhase, sameNode } from './component-phases.ts';

const component = { component: 'backup', on: 'control-plane', title: 'Schedule backups', installs: true } as const;

/** The schedule of backups, or the end of one that the inventory does not name any more. */
export function backupRun(after: readonly Dependency[]): Phase {
  return runPhase({ ...component, after });
}

/** The same by itself, with its unit files. */
export const backupApply: Phase = {
  ...runPhase({ ...component, after: [sameNode('host/own')] }),
  resources: (desired, node) => {
    const all = resourcesOf(desired, node, 'backup');
    return [...all.filter(({ kind }) => kind !== 'unit'), { kind: 'systemd' }, ...all.filter(({ kind }) => kind === 'unit')];
  },
};

/** Files stay: the next run that sees to everything starts the timer again while the inventory has a schedule. */
export const backupStop: Phase = {
  id: 'backup/stop',
  title: 'Stop scheduled backups',
  rollout: 'parallel',
  targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
  resources: () => [{ kind: 'unit-gone', unit: backupTimer }],
};
