import path from 'node:path';
import { markChecked } from '../backup/mark-checked.ts';
import { type OpenedBackup, openBackup } from '../backup/open-backup.ts';
import type { DrillReport } from '../cluster/drill-report.ts';
import { drillBackup } from './drill-backup.ts';
import { type FoundBackup, withScratchDirectory } from './find-backup.ts';
import type { Session } from './session.ts';

export interface VerifyChoices {
  /** File with private keys of age. */
  readonly identityFile: string | undefined;
}

export interface Verified {
  readonly backup: OpenedBackup;
  readonly drill?: DrillReport;
}

type Teller = Pick<Session, 'emit' | 'elapsedMs' | 'signal'>;

/** Reads a backup of this machine to its last byte, and notes that it is right. @throws as openBackup */
export async function verifyFile(
  { emit, elapsedMs, signal }: Teller,
  { file, place }: FoundBackup,
  { identityFile }: VerifyChoices,
  snapshotTo?: string,
): Promise<OpenedBackup> {
  const onProgress = (doneBytes: number, totalBytes: number): void =>
    emit({ type: 'progress', what: `read ${path.basename(file)}`, doneBytes, totalBytes, atMs: elapsedMs() });
  const backup = await openBackup(file, { identityFile, snapshotTo, onProgress, signal });
  if (backup.hasRecord && place === undefined) await markChecked(path.dirname(file), backup.record, 'read', new Date());
  return backup;
}

/** Reads it, restores it beside everything else on a host, and reads that. @param on node to do it on */
export async function verifyByDrill(session: Session, found: FoundBackup, choices: VerifyChoices, on?: string): Promise<Verified> {
  return withScratchDirectory(session, async (scratch) => {
    const snapshot = path.join(scratch, 'snapshot.db');
    const backup = await verifyFile(session, found, choices, snapshot);
    const drill = await drillBackup(session, backup, snapshot, on);
    if (backup.hasRecord && found.place === undefined) await markChecked(path.dirname(found.file), backup.record, 'drill', new Date());
    return { backup, drill };
  });
}
