import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/kcluster/artifacts`; losing it costs a download. */
export function defaultCacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const cache = env.XDG_CACHE_HOME;
  return join(cache === undefined || !cache.startsWith('/') ? join(homedir(), '.cache') : cache, 'kcluster/artifacts');
}
