import type { NodeName } from './cluster.ts';

/** A backup as it lies in one place. */
export interface StoredBackup {
  readonly name: string;
  readonly takenAt: string;
  /** Of its archive. */
  readonly sizeBytes: number;
  /** Its record is there and fits its archive. */
  readonly verified: boolean;
}

export interface BackupCopy {
  readonly place: string;
  readonly ok: boolean;
  readonly at: string;
  readonly error?: string;
}

/** What a host says of its last scheduled run. */
export interface BackupRun {
  /** other: the backup of that interval was made by another host, `by`. */
  readonly result: 'ok' | 'other' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string;
  readonly error?: string;
  readonly by?: string;
  /** Runs that failed since one did not. */
  readonly failures: number;
}

export interface BackupHost {
  readonly node: NodeName;
  /** State of the timer, `not found`, `declared down` or `unreachable`. */
  readonly timer: string;
  readonly next?: string;
  readonly lastTrigger?: string;
  readonly lastRun?: BackupRun;
  readonly copies: readonly BackupCopy[];
  /** Newest first. */
  readonly backups: readonly StoredBackup[];
}

export interface BackupReport {
  readonly schedule?: string;
  /** The next three times at which it is due. */
  readonly next: readonly string[];
  /** Twice the longest time between two runs. */
  readonly staleAfterSeconds?: number;
  /** The newest that is verified, on whichever host. */
  readonly newest?: StoredBackup & { readonly node: NodeName };
  readonly hosts: readonly BackupHost[];
  /** Why all is not well; empty when it is. */
  readonly problems: readonly string[];
}
