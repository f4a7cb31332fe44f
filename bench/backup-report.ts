import { type BenchResult, describeHead } from './bench-result.ts';
import type { BackupSample } from './measure-backup.ts';
import { type Figure, roundsTable } from './table.ts';

export interface BackupRound {
  readonly backup: BackupSample;
  /** Load average as the round began. */
  readonly load: number;
}

const figures: readonly Figure<BackupRound>[] = [
  { title: 'size of the store', unit: 'MB', digits: 0, of: ({ backup }) => backup.storeBytes / 1e6 },
  { title: 'etcdctl snapshot save', unit: 's', of: ({ backup }) => backup.plainSaveSeconds },
  { title: 'etcdutl snapshot restore', unit: 's', of: ({ backup }) => backup.plainRestoreSeconds },
  { title: 'kcluster etcd snapshot save', unit: 's', of: ({ backup }) => backup.saveSeconds },
  { title: 'kcluster / etcdctl', unit: '', digits: 2, of: ({ backup }) => backup.saveSeconds / backup.plainSaveSeconds },
  { title: 'memory of kcluster', unit: 'MB', digits: 0, of: ({ backup }) => backup.savePeakBytes / 1e6 },
  { title: 'load average before', unit: '', of: ({ load }) => load },
];

/** Everything that was measured, as Markdown. */
export function describeBackup(result: BenchResult<BackupRound>): string {
  return [describeHead(result), roundsTable(result.rounds, figures)].join('\n');
}
