import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface S3Credentials {
  readonly id: string;
  readonly secret: string;
  readonly region: string;
}

export interface S3Stub {
  readonly server: Server;
  /** `bucket/key` -> bytes. */
  readonly objects: Map<string, Buffer>;
  /** Every request: method, path with query, and what it was answered. */
  readonly log: string[];
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, written down again. */
function isSigned(request: IncomingMessage, url: URL, body: Buffer, { id, secret, region }: S3Credentials): string | undefined {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    request.headers.authorization ?? '',
  );
  if (match === null) return 'AccessDenied';
  const [, credential = '', names = '', signature = ''] = match;
  const date = String(request.headers['x-amz-date']);
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  if (credential !== `${id}/${scope}`) return 'InvalidAccessKeyId';
  const declared = String(request.headers['x-amz-content-sha256']);
  if (declared !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  if (!names.split(';').includes('x-amz-content-sha256')) return 'AccessDenied';
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}\n`);
  const path = decodeURIComponent(url.pathname).split('/').map(encode).join('/');
  const canonical = [request.method, path, query.join('&'), headers.join(''), names, declared].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date.slice(0, 8)), region), 's3'), 'aws4_request');
  const wanted = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'));
  return timingSafeEqual(wanted, Buffer.from(signature, 'hex')) ? undefined : 'SignatureDoesNotMatch';
}

/** A page holds few keys, so that more than one must be asked for. */
const pageSize = 5;

function list(objects: ReadonlyMap<string, Buffer>, bucket: string, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('start-after') ?? '';
  const keys = [...objects.keys()]
    .filter((name) => name.startsWith(`${bucket}/`))
    .map((name) => name.slice(bucket.length + 1))
    .filter((key) => key.startsWith(prefix) && key > after)
    .sort();
  const contents = keys
    .slice(0, pageSize)
    .map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(`${bucket}/${key}`)?.length}</Size></Contents>`);
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${keys.length > pageSize}</IsTruncated>${contents.join('')}</ListBucketResult>`;
}

function answer(stub: S3Stub, request: IncomingMessage, url: URL, body: Buffer): readonly [status: number, text: string] {
  const name = url.pathname.slice(1);
  if (request.method === 'PUT') {
    stub.objects.set(name, body);
    return [200, ''];
  }
  if (request.method === 'DELETE') {
    stub.objects.delete(name);
    return [204, ''];
  }
  return [200, list(stub.objects, name, url.searchParams)];
}

/** A store for one bucket and one pair of credentials that refuses what is not signed as S3 wants it. */
export function createS3Stub(credentials: S3Credentials, tell: (line: string) => void = () => undefined): S3Stub {
  const stub: S3Stub = { server: createServer(), objects: new Map(), log: [] };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const url = new URL(request.url ?? '/', 'http://store');
    const fault = isSigned(request, url, body, credentials);
    const [status, text] =
      fault === undefined ? answer(stub, request, url, body) : ([403, `<Error><Code>${fault}</Code></Error>`] as const);
    const line = `${request.method} ${request.url} ${fault ?? status}`;
    stub.log.push(line);
    tell(line);
    response.writeHead(status, { 'content-type': 'application/xml' }).end(status === 204 ? undefined : text);
  };
  stub.server.on('request', (request, response) => void handle(request, response));
  return stub;
}
