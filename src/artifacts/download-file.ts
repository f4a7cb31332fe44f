import { open } from 'node:fs/promises';
import { ArtifactError } from '../errors.ts';
import { type HttpOptions, httpGet, type Received, Transient } from './http-client.ts';
import type { PartialFile } from './partial-file.ts';

export type ByteProgress = (receivedBytes: number, totalBytes: number | undefined) => void;

export const maxDownloadBytes = 4 * 2 ** 30;

/** First byte that a 206 answer carries; undefined when it does not say. */
function rangeStart(response: Response): number | undefined {
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function totalBytes(response: Response, offset: number): number | undefined {
  const length = response.headers.get('content-length');
  return length === null || response.headers.has('content-encoding') ? undefined : offset + Number(length);
}

function tooLarge(url: string): ArtifactError {
  return new ArtifactError(`${url}: more than ${maxDownloadBytes / 2 ** 30} GiB`, {
    remedy: 'Check the address: no component is that large.',
  });
}

/** Each piece is on the disk before it is counted: what was told to have arrived is there after a cut. */
async function receive({ response, chunks }: Received, url: string, partial: PartialFile, onProgress: ByteProgress): Promise<void> {
  const kept = await partial.size();
  let received = response.status === 206 ? kept : 0;
  const total = totalBytes(response, received);
  if (total !== undefined && total > maxDownloadBytes) throw tooLarge(url);
  onProgress(received, total);
  await using file = await open(partial.path, received > 0 ? 'a' : 'w');
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > maxDownloadBytes) throw tooLarge(url);
    await file.writeFile(chunk);
    onProgress(received, total);
  }
}

/** What to do with an answer to a request for the rest of a file that `kept` bytes of are here. */
function judgeAnswer(response: Response, kept: number): 'receive' | 'complete' | 'restart' {
  if (response.status === 416) return response.headers.get('content-range') === `bytes */${kept}` ? 'complete' : 'restart';
  return response.status === 206 && rangeStart(response) !== kept ? 'restart' : 'receive';
}

/**
 * Downloads into a partial file, going on where an earlier attempt or run stopped. The caller checks the digest.
 * @throws ArtifactError
 */
export async function downloadFile(url: string, partial: PartialFile, options: HttpOptions, onProgress: ByteProgress): Promise<void> {
  const headers = async () => {
    const kept = await partial.size();
    return { 'accept-encoding': 'identity', ...(kept === 0 ? {} : { range: `bytes=${kept}-` }) };
  };
  await httpGet(url, options, headers, async (received) => {
    const verdict = judgeAnswer(received.response, await partial.size());
    if (verdict === 'receive') return receive(received, url, partial, onProgress);
    await received.response.body?.cancel();
    if (verdict === 'complete') return;
    await partial.remove();
    throw new Transient('the server cannot go on where the last attempt stopped');
  });
}
