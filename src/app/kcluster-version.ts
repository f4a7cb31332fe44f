import { readFileSync } from 'node:fs';

/** Version of this program, as in package.json. */
export const kclusterVersion: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
