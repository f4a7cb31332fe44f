import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { S3Access } from '../backup/s3-request.ts';
import { ConfigurationError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Values = ReadonlyMap<string, string>;

const usualRegion = 'us-east-1';

/** `name = value` lines below `[section]`; a file without sections is one of its own, under an empty name. */
function readSections(text: string): ReadonlyMap<string, Values> {
  const sections = new Map<string, Map<string, string>>();
  let current = '';
  for (const line of text.split('\n')) {
    const section = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]\s*$/.exec(line)?.[1];
    if (section !== undefined) current = section;
    const [, name, value] = /^\s*([a-z_0-9]+)\s*=\s*(\S.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const values = sections.get(current) ?? new Map<string, string>();
    sections.set(current, values.set(name, value));
  }
  return sections;
}

async function readIfThere(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    if (code === 'ENOENT') return '';
    throw new ConfigurationError(`${file} cannot be read (${code})`, { remedy: 'let your user read it', cause });
  });
}

type Identity = Pick<S3Access, 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'source'>;

function identityOf(id: string | undefined, secret: string | undefined, token: string | undefined, source: string): Identity | undefined {
  if (id === undefined || secret === undefined) return undefined;
  return { accessKeyId: id, secretAccessKey: secret, ...(token === undefined ? {} : { sessionToken: token }), source };
}

const identityIn = (values: Values | undefined, source: string): Identity | undefined =>
  identityOf(values?.get('aws_access_key_id'), values?.get('aws_secret_access_key'), values?.get('aws_session_token'), source);

/**
 * What AWS's own programs would use: the variables AWS_*, else the profile of ~/.aws.
 * @throws ConfigurationError that says what was looked at
 */
export async function s3AccessOf(place: string, environment: Environment, home: string): Promise<S3Access> {
  const set = (name: string): string | undefined => environment[name] || undefined;
  const profile = set('AWS_PROFILE') ?? 'default';
  const file = set('AWS_SHARED_CREDENTIALS_FILE') ?? path.join(home, '.aws/credentials');
  const config = readSections(await readIfThere(set('AWS_CONFIG_FILE') ?? path.join(home, '.aws/config'))).get(profile);
  const region = set('AWS_REGION') ?? set('AWS_DEFAULT_REGION') ?? config?.get('region') ?? usualRegion;
  const endpoint =
    set('AWS_ENDPOINT_URL_S3') ?? set('AWS_ENDPOINT_URL') ?? config?.get('endpoint_url') ?? `https://s3.${region}.amazonaws.com`;
  const identity =
    identityOf(set('AWS_ACCESS_KEY_ID'), set('AWS_SECRET_ACCESS_KEY'), set('AWS_SESSION_TOKEN'), 'the environment') ??
    identityIn(readSections(await readIfThere(file)).get(profile), `${file} [${profile}]`);
  if (!/^https?:\/\/[^/\s]+\/?$/.test(endpoint))
    throw new ConfigurationError(`${place}: ${endpoint} is no endpoint`, { remedy: 'write AWS_ENDPOINT_URL as https://host[:port]' });
  if (identity !== undefined) return { ...identity, region, endpoint };
  throw new ConfigurationError(
    `${place}: there are no credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor in ${file} [${profile}]`,
    {
      remedy: 'set them there, or name the bucket in cluster.etcd.snapshots.copyTo with its endpoint and credentialsFile',
    },
  );
}

/** The credentials of a place of `copyTo`. @throws ConfigurationError */
export async function s3AccessFrom(place: string, settings: Pick<S3Access, 'endpoint' | 'region'>, file: string): Promise<S3Access> {
  const sections = readSections(await readIfThere(file));
  const identity = [...sections.values()].map((values) => identityIn(values, file)).find((found) => found !== undefined);
  if (identity !== undefined) return { ...identity, ...settings };
  throw new ConfigurationError(`${place}: ${file} has no aws_access_key_id and aws_secret_access_key`, {
    remedy: 'correct the credentialsFile of that place in the inventory',
  });
}
