import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { StoppedError } from '../errors.ts';
import type { PlaceFile, Progress } from './place.ts';
import { askStore, type S3Access, type S3Call, textOf } from './s3-request.ts';

type Body = NonNullable<S3Call['body']>;

/** Where an object goes. */
export interface S3Target {
  readonly place: string;
  readonly access: S3Access;
  readonly path: string;
  readonly signal: AbortSignal;
}

/** Larger files travel in parts of this size: what is cut off costs one of them. */
export const usualPartBytes = 64 * 1024 ** 2;
/** A store takes 10,000 parts. */
const mostParts = 9_000;

/** @param start first byte of the file */
function bodyOf({ path }: PlaceFile, start: number, sizeBytes: number, sha256: string, onProgress: Progress): Body {
  async function* chunks(): AsyncGenerator<Buffer> {
    let done = start;
    for await (const chunk of createReadStream(path, { start, end: start + sizeBytes - 1 })) {
      yield chunk as Buffer;
      done += (chunk as Buffer).length;
      onProgress(done);
    }
  }
  return { sizeBytes, sha256, open: () => Readable.from(chunks()) };
}

async function digestOf(path: string, start: number, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { start, end: start + sizeBytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const textBody = (text: string): Body => ({
  sizeBytes: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
  open: () => Readable.from([Buffer.from(text)]),
});

async function ask({ place, access, path, signal }: S3Target, call: Pick<S3Call, 'method' | 'query' | 'body'>) {
  const response = await askStore(place, access, { ...call, path, signal });
  if (response === undefined)
    throw new StoppedError(`${place}: the store knows nothing of this upload`, { remedy: 'run the command again' });
  return { etag: response.headers.etag ?? '', text: await textOf(response) };
}

/** Nothing is seen under the name before the last request. */
async function sendParts(target: S3Target, file: PlaceFile, partBytes: number, onProgress: Progress): Promise<void> {
  const { text } = await ask(target, { method: 'POST', query: { uploads: '' } });
  const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(text)?.[1] ?? '';
  try {
    const parts: string[] = [];
    for (let start = 0; start < file.sizeBytes; start += partBytes) {
      const sizeBytes = Math.min(partBytes, file.sizeBytes - start);
      const body = bodyOf(file, start, sizeBytes, await digestOf(file.path, start, sizeBytes), onProgress);
      const partNumber = String(parts.length + 1);
      const { etag } = await ask(target, { method: 'PUT', query: { partNumber, uploadId }, body });
      parts.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag}</ETag></Part>`);
    }
    const body = textBody(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const done = await ask(target, { method: 'POST', query: { uploadId }, body });
    // This one request may fail behind a status of 200.
    const fault = /<Code>([^<]*)<\/Code>/.exec(done.text)?.[1];
    if (fault !== undefined) throw new StoppedError(`${target.place}: the store answers ${fault}`, { remedy: 'run the command again' });
  } catch (error) {
    // Parts that belong to nothing cost money.
    const abort = { ...target, signal: AbortSignal.timeout(10_000) };
    await ask(abort, { method: 'DELETE', query: { uploadId } }).catch(() => undefined);
    throw error;
  }
}

/** Sends a file, in one piece or in parts, and asks the store for the size that arrived. @throws KclusterError */
export async function sendObject(target: S3Target, file: PlaceFile, onProgress: Progress, partBytes = usualPartBytes): Promise<void> {
  const size = Math.max(partBytes, Math.ceil(file.sizeBytes / mostParts));
  if (file.sizeBytes <= size) await ask(target, { method: 'PUT', body: bodyOf(file, 0, file.sizeBytes, file.sha256, onProgress) });
  else await sendParts(target, file, size, onProgress);
  const { place, access, path, signal } = target;
  const found = await askStore(place, access, { method: 'HEAD', path, signal });
  const length = Number(found?.headers['content-length']);
  found?.resume();
  if (length === file.sizeBytes) return;
  throw new StoppedError(`${place}/${file.name} has ${found === undefined ? 'no' : length} bytes instead of ${file.sizeBytes}`, {
    remedy: 'run the command again',
  });
}
