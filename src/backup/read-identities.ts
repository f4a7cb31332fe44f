import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../errors.ts';

/** Private keys from a file as `age-keygen` writes it: one a line, comments behind `#`. @throws ConfigurationError, without their text */
export async function readIdentities(file: string): Promise<readonly string[]> {
  const remedy = 'give a file that age-keygen wrote';
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigurationError(`${file} cannot be read`, { remedy, cause });
  });
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw new ConfigurationError(`${file} holds no private key`, { remedy });
  if (keys.some((key) => !/^AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]+$/.test(key)))
    throw new ConfigurationError(`${file} holds something else than private keys of age`, { remedy });
  return keys;
}
