import { writeFile } from 'node:fs/promises';
import { ConfigurationError } from '../../errors.ts';

/** Writes a value for a later command to read; for the eyes of its owner only. @throws ConfigurationError */
export async function saveJson(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be written`, { remedy: 'Choose another file with -o FILE.', cause });
  }
}
