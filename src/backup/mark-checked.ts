import { join } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { BackupRecord } from './record.ts';
import { writeBeside } from './write-beside.ts';

/** Notes that every byte of a backup was found to be right. Where nothing may be written, nothing is noted. */
export async function markChecked(directory: string, { name, archive }: BackupRecord, how: 'read' | 'drill', now: Date): Promise<void> {
  const at = `${now.toISOString().slice(0, 19)}Z`;
  try {
    await writeBeside(join(directory, `${name}.checked`), `${at} ${how} ${archive.sha256}\n`);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
  }
}
