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
  /** Parts of uploads that are under way, by their id. */
  readonly uploads: Map<string, Map<number, Buffer>>;
  /** Answers to come instead of the usual ones; 0 cuts the connection. */
  readonly faults: (readonly [status: number, code: string])[];
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
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString();
  const isDirect = (key: string): boolean => query.get('delimiter') !== '/' || !key.slice(prefix.length).includes('/');
  const keys = [...objects.keys()]
    .filter((name) => name.startsWith(`${bucket}/`))
    .map((name) => name.slice(bucket.length + 1))
    .filter((key) => key.startsWith(prefix) && key > after && isDirect(key))
    .sort();
  const page = keys.slice(0, pageSize);
  const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(`${bucket}/${key}`)?.length}</Size></Contents>`);
  const isCut = keys.length > pageSize;
  const next = isCut ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('base64')}</NextContinuationToken>` : '';
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
}

type Answer = readonly [status: number, body: string | Buffer, headers?: Readonly<Record<string, string>>];

/** Begun, a part, put together, or given up. */
function upload({ objects, uploads }: S3Stub, method: string, name: string, query: URLSearchParams, body: Buffer): Answer {
  if (query.has('uploads')) {
    const id = `upload/${uploads.size + 1}=`;
    uploads.set(id, new Map());
    return [200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`];
  }
  const id = query.get('uploadId') ?? '';
  const parts = uploads.get(id);
  if (parts === undefined) return [404, '<Error><Code>NoSuchUpload</Code></Error>'];
  if (method === 'PUT') {
    parts.set(Number(query.get('partNumber')), body);
    return [200, '', { etag: `"${sha256(body)}"` }];
  }
  uploads.delete(id);
  if (method === 'DELETE') return [204, ''];
  const wanted = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"([0-9a-f]+)"<\/ETag>/g)];
  const chosen = wanted.flatMap(([, number, etag]) => {
    const part = parts.get(Number(number));
    return part !== undefined && sha256(part) === etag ? [part] : [];
  });
  // As the real one: begun with a status that says all is well.
  if (chosen.length !== parts.size) return [200, '<Error><Code>InvalidPart</Code></Error>'];
  objects.set(name, Buffer.concat(chosen));
  return [200, '<CompleteMultipartUploadResult/>'];
}

function answer(stub: S3Stub, request: IncomingMessage, url: URL, body: Buffer): Answer {
  const name = url.pathname.slice(1);
  const { method = 'GET' } = request;
  if (url.searchParams.has('uploads') || url.searchParams.has('uploadId')) return upload(stub, method, name, url.searchParams, body);
  if (method === 'PUT') {
    stub.objects.set(name, body);
    return [200, ''];
  }
  if (method === 'DELETE') {
    stub.objects.delete(name);
    return [204, ''];
  }
  if (!name.includes('/')) return [200, list(stub.objects, name, url.searchParams)];
  const found = stub.objects.get(name);
  return found === undefined ? [404, '<Error><Code>NoSuchKey</Code></Error>'] : [200, found];
}

/** A store for one bucket and one pair of credentials that refuses what is not signed as S3 wants it. */
export function createS3Stub(credentials: S3Credentials, tell: (line: string) => void = () => undefined): S3Stub {
  const stub: S3Stub = { server: createServer(), objects: new Map(), log: [], uploads: new Map(), faults: [] };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const url = new URL(request.url ?? '/', 'http://store');
    const [status, code] = stub.faults.shift() ?? [403, isSigned(request, url, body, credentials)];
    const [answered, text, headers] =
      code === undefined ? answer(stub, request, url, body) : ([status, `<Error><Code>${code}</Code></Error>`] as const);
    const line = `${request.method} ${request.url} ${code ?? answered}`;
    stub.log.push(line);
    tell(line);
    if (answered === 0) {
      request.socket.destroy();
      return;
    }
    const size = answered === 204 ? {} : { 'content-length': String(Buffer.byteLength(text)) };
    response.writeHead(answered, { 'content-type': 'application/xml', ...size, ...headers });
    response.end(answered === 204 || request.method === 'HEAD' ? undefined : text);
  };
  stub.server.on('request', (request, response) => void handle(request, response));
  return stub;
}
