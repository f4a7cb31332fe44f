import type { Absence } from './absence.ts';
import type { NodeName } from './cluster.ts';

/** One component on one node, as it is. */
export interface ComponentStatus {
  readonly node: NodeName;
  readonly component: string;
  /** systemd's word: active, failed, …; `not found` when there is no such unit. */
  readonly unit: string;
  /** `ok`, `no answer`, or the HTTP status; empty for units without an endpoint. */
  readonly health: string;
  /** Release that the link in use points to. */
  readonly version: string;
  readonly restarts: number;
  /** Days until the first of its certificates expires. */
  readonly certificateDays?: number;
}

/** By its name: that it can be read is not known. */
export interface NewestBackup {
  readonly name: string;
  readonly takenAt: string;
  /** By the operator's clock. */
  readonly ageSeconds: number;
}

/** Of a cluster whose backups are scheduled. */
export interface BackupAge {
  /** On whichever host. */
  readonly newest?: NewestBackup & { readonly node: NodeName };
  /** Why that is not well; absent when it is. */
  readonly problem?: string;
}

export interface NodeStatus {
  readonly node: NodeName;
  readonly roles: readonly string[];
  /** `Ready`, `NotReady`, `unknown` without an API server, `unreachable` without SSH, `declared down` in the inventory. */
  readonly state: string;
  /** Of a node that is declared down, or came back and was not brought up to date yet, once a run left it out. */
  readonly absence?: Pick<Absence, 'since' | 'misses'>;
  /** Of a node that is declared down: whether its kubelet reports all the same; absent while no API server answers. */
  readonly reports?: boolean;
  /** On a control plane, where backups are scheduled. */
  readonly newestBackup?: NewestBackup;
  readonly components: readonly ComponentStatus[];
}
