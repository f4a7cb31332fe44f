import { ArtifactError, ConfigurationError, type KclusterError, StoppedError, UnreachableError } from '../errors.ts';

/**
 * What the refusal of a store means; undefined: there is no such object.
 * @param source where the credentials come from
 * @param said body of the answer
 */
export function storeError(place: string, source: string, status: number, said: string): KclusterError | undefined {
  const code = /<Code>([^<]*)<\/Code>/.exec(said)?.[1] ?? `HTTP ${status}`;
  if (code === 'NoSuchBucket')
    return new ConfigurationError(`${place}: there is no such bucket`, { remedy: 'make the bucket, or name another' });
  if (status === 404) return undefined;
  if (status === 301 || status === 307 || code === 'AuthorizationHeaderMalformed')
    return new ConfigurationError(`${place}: the bucket is elsewhere (${code})`, { remedy: 'name the region and endpoint of the bucket' });
  if (/^(?:XAmzContentSHA256Mismatch|BadDigest)$/.test(code))
    return new ArtifactError(`${place}: what arrived is not what was sent (${code})`, { remedy: 'run the command again' });
  if (status === 401 || status === 403)
    return new UnreachableError(`${place}: the store refuses the credentials of ${source} (${code})`, {
      remedy: 'use credentials that may list, read, write and delete there',
    });
  return new StoppedError(`${place}: the store answers ${code}`, {
    remedy: 'run the command again; if it stays so, ask whoever runs the store',
  });
}
