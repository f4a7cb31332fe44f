import { mkdir } from 'node:fs/promises';
import { ConfigurationError } from '../errors.ts';
import type { StateDirectory } from './state-directory.ts';

/** Where backups lie on the operator's machine unless said otherwise. */
export function backupDirectory(state: Pick<StateDirectory, 'path'>): string {
  return state.path('backups');
}

/** For its owner alone, when it is new. @throws ConfigurationError */
export async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ConfigurationError(`${directory} cannot be made (${code})`, { remedy: 'name another directory', cause });
  });
}
