import { type BenchResult, describeHead } from './bench-result.ts';
import type { BackupSample } from './measure-backup.ts';
import { type Figure, roundsTable } from './table.ts';

export interface BackupRound {
  readonly backup: BackupSample;
  /** Load average as the round began. */
  readonly load: number;
}

const plainSave = ({ backup }: BackupRound): number => backup.plainSaveSeconds + backup.plainStatusSeconds + backup.fetchSeconds;
const plainRestore = ({ backup }: BackupRound): number => backup.sendSeconds + backup.plainStatusSeconds + backup.plainRestoreSeconds;

const figures: readonly Figure<BackupRound>[] = [
  { title: 'size of the store', unit: 'MB', digits: 0, of: ({ backup }) => backup.storeBytes / 1e6 },
  { title: 'etcdctl snapshot save', unit: 's', of: ({ backup }) => backup.plainSaveSeconds },
  { title: 'etcdutl snapshot status', unit: 's', of: ({ backup }) => backup.plainStatusSeconds },
  { title: 'fetched by ssh', unit: 's', of: ({ backup }) => backup.fetchSeconds },
  { title: 'kcluster etcd snapshot save', unit: 's', of: ({ backup }) => backup.saveSeconds },
  { title: 'kcluster / etcdctl', unit: '', digits: 2, of: ({ backup }) => backup.saveSeconds / backup.plainSaveSeconds },
  { title: 'kcluster / all three', unit: '', digits: 2, of: (round) => round.backup.saveSeconds / plainSave(round) },
  { title: 'sent by ssh', unit: 's', of: ({ backup }) => backup.sendSeconds },
  { title: 'etcdutl snapshot restore', unit: 's', of: ({ backup }) => backup.plainRestoreSeconds },
  { title: 'kcluster etcd snapshot restore', unit: 's', of: ({ backup }) => backup.restoreSeconds },
  { title: 'of which the API is away', unit: 's', of: ({ backup }) => backup.awaySeconds },
  { title: 'kcluster / sent, status, restore', unit: '', digits: 2, of: (round) => round.backup.restoreSeconds / plainRestore(round) },
  { title: 'memory of a list', unit: 'MB', digits: 0, of: ({ backup }) => backup.idlePeakBytes / 1e6 },
  { title: 'memory of the save', unit: 'MB', digits: 0, of: ({ backup }) => backup.savePeakBytes / 1e6 },
  { title: 'memory of the restore', unit: 'MB', digits: 0, of: ({ backup }) => backup.restorePeakBytes / 1e6 },
  { title: 'load average before', unit: '', of: ({ load }) => load },
];

/** Everything that was measured, as Markdown. */
export function describeBackup(result: BenchResult<BackupRound>): string {
  return [describeHead(result), roundsTable(result.rounds, figures)].join('\n');
}
