import type { Dependency, Phase } from '../engine/phase.ts';
import { runPhase } from './component-phases.ts';

/** The schedule of backups, or the end of one that the inventory does not name any more. */
export function backupRun(after: readonly Dependency[]): Phase {
  return runPhase({ component: 'backup', on: 'control-plane', title: 'Schedule backups', installs: true, after });
}
