import { readFile } from 'node:fs/promises';
import { backupDirectory } from '../../app/backup-directory.ts';
import { openTarget } from '../../app/open-place.ts';
import { saveBackup } from '../../app/save-backup.ts';
import type { Session } from '../../app/session.ts';

/** A backup to this machine before something that cannot be undone; of an etcd that others run, they have their own. */
export async function backUp(session: Session, inventoryFile: string): Promise<void> {
  if (session.cluster.etcd.given !== undefined) return;
  await saveBackup(session, {
    to: openTarget(session, backupDirectory(session.state)),
    inventory: await readFile(inventoryFile, 'utf8'),
    recipients: session.cluster.etcd.snapshots.encryptTo,
    keepOnHost: false,
  });
}
