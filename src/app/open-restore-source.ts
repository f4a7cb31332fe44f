import { rm } from 'node:fs/promises';
import { openBackup } from '../backup/open-backup.ts';
import type { RestoreSource } from './run-restore.ts';
import type { Session } from './session.ts';

export interface OpenedSource extends AsyncDisposable {
  readonly source: RestoreSource;
}

/**
 * Reads a backup to its last byte, and puts its snapshot beside the state of the cluster for as long as it is needed.
 * @throws RefusedError when anything about it is wrong, ConfigurationError when it or its key cannot be read
 */
export async function openRestoreSource(session: Session, file: string, identityFile: string | undefined): Promise<OpenedSource> {
  const snapshotTo = session.state.path(`restore-${session.runId}.db`);
  const remove = (): Promise<void> => rm(snapshotTo, { force: true });
  try {
    const backup = await openBackup(file, { identityFile, snapshotTo, signal: session.signal });
    const { name, cluster, clusterId, versions, takenAt, snapshot } = backup.record;
    const { sizeBytes, hash, revision, keys } = snapshot;
    const source: RestoreSource = {
      name,
      cluster,
      clusterId,
      versions,
      files: backup.files(),
      takenAt: new Date(takenAt),
      snapshot: { sha256: backup.snapshotSha256, sizeBytes, hash, revision, keys },
      file: snapshotTo,
    };
    return { source, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
