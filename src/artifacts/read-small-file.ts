import { readFile, stat } from 'node:fs/promises';
import { ArtifactError } from '../errors.ts';
import { type HttpOptions, httpGet } from './http-client.ts';
import { isMissing } from './is-missing.ts';
import { formatLocation, type Location } from './locate-artifact.ts';

const maxBytes = 2 ** 20;

function tooLarge(location: Location): ArtifactError {
  return new ArtifactError(`${formatLocation(location)}: too large for a checksum file`, { remedy: 'Check what is there.' });
}

async function readUrl(location: Location & { readonly kind: 'url' }, options: HttpOptions): Promise<string> {
  return httpGet(
    location.url,
    options,
    async () => ({}),
    async ({ chunks }) => {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge(location);
        parts.push(chunk);
      }
      return Buffer.concat(parts).toString('utf8');
    },
  );
}

/** Text of a checksum file. @throws ArtifactError when it is not there or no small file. */
export async function readSmallFile(location: Location, options: HttpOptions): Promise<string> {
  if (location.kind === 'url') return readUrl(location, options);
  try {
    if ((await stat(location.path)).size > maxBytes) throw tooLarge(location);
    return await readFile(location.path, 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ArtifactError(`${location.path}: there is no such file`, { remedy: 'Put the checksum file into the mirror.', cause: error });
  }
}
