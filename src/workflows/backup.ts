import type { Workflow } from '../engine/phase.ts';
import { backupApply, backupStop } from '../phases/backup-run.ts';
import { hostOwn } from '../phases/host-own.ts';

/** The schedule alone: nothing else on the hosts is looked at or changed. */
export const enableBackupWorkflow: Workflow = { name: 'etcd backup enable', phases: [hostOwn, backupApply] };

export const disableBackupWorkflow: Workflow = { name: 'etcd backup disable', phases: [backupStop] };
