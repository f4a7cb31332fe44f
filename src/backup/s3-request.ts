import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { InterruptedError, UnreachableError } from '../errors.ts';
import { storeError } from './s3-error.ts';

/** How a store is reached, and as whom. */
export interface S3Access {
  /** `https://host[:port]`; the bucket is the first part of the path behind it. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Where these come from, for people. */
  readonly source: string;
}

export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** `/bucket/key`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Made anew for each attempt. */
  readonly body?: { readonly sizeBytes: number; readonly sha256: string; open(): Readable };
  readonly signal: AbortSignal;
}

const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const silenceMs = 60_000;
const attempts = 3;
const pauseMs = 250;
/** What a store says when it is only busy. */
const busy: ReadonlySet<number | undefined> = new Set([429, 500, 502, 503, 504]);

async function sign(
  access: S3Access,
  { method, path, query = {}, body }: S3Call,
): Promise<{ readonly url: URL; readonly headers: Headers }> {
  const url = new URL(path, access.endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { region, accessKeyId, secretAccessKey, sessionToken } = access;
  const identity = { region, accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  // The digest of what is sent is among what is signed: a store refuses what arrives damaged.
  const headers = { 'x-amz-content-sha256': body?.sha256 ?? sha256OfNothing };
  return new AwsV4Signer({ ...identity, service: 's3', method, url: url.href, headers }).sign();
}

function start(access: S3Access, call: S3Call, url: URL, headers: Headers): ClientRequest {
  const length =
    call.body === undefined ? {} : { 'content-length': String(call.body.sizeBytes), 'content-type': 'application/octet-stream' };
  const open = access.endpoint.startsWith('https:') ? tlsRequest : plainRequest;
  const request = open(url, { method: call.method, headers: { ...Object.fromEntries(headers), ...length }, signal: call.signal });
  request.setTimeout(silenceMs, () => request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
  return request;
}

/** One attempt, whatever the store answers. */
async function attempt(access: S3Access, call: S3Call): Promise<IncomingMessage> {
  const { url, headers } = await sign(access, call);
  const request = start(access, call, url, headers);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  const sent = pipeline(call.body?.open() ?? Readable.from([]), request);
  // A store may refuse before it has read everything; its answer is what counts.
  sent.catch(() => undefined);
  return answered;
}

function unreachable(place: string, { endpoint }: S3Access, cause: unknown): UnreachableError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new UnreachableError(`${place}: ${endpoint} does not answer (${code})`, {
    remedy: 'see that the endpoint is right and can be reached from this machine',
    cause,
  });
}

/** Text of an answer that is known to be short. */
export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Sends a signed request and hands on the answer, of which only the head is read; what is only busy or cut off is asked again.
 * @param place name of the place, for messages
 * @returns undefined when there is no such object
 * @throws UnreachableError, ConfigurationError, StoppedError, InterruptedError
 */
export async function askStore(place: string, access: S3Access, call: S3Call, tries = attempts): Promise<IncomingMessage | undefined> {
  const again = async (): Promise<IncomingMessage | undefined> => {
    await delay(pauseMs * 2 ** (attempts - tries));
    return askStore(place, access, call, tries - 1);
  };
  let response: IncomingMessage;
  try {
    response = await attempt(access, call);
  } catch (error) {
    if (call.signal.aborted) throw new InterruptedError(`stopped while talking to ${place}`, { cause: error });
    if (tries > 1 && error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return again();
    throw unreachable(place, access, error);
  }
  const { statusCode = 0 } = response;
  if (statusCode < 300) return response;
  const said = await textOf(response);
  if (busy.has(statusCode) && tries > 1) return again();
  const error = storeError(place, access.source, statusCode, said);
  if (error === undefined) return undefined;
  throw error;
}
