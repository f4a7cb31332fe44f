import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactError } from '../errors.ts';
import { isTransientError, isTransientStatus } from './is-transient.ts';

export interface HttpOptions {
  readonly signal?: AbortSignal;
  /** Waits before each further attempt; its length is the number of further attempts. */
  readonly backOffMs: readonly number[];
  /** A transfer without a byte for this long counts as broken. */
  readonly stallMs: number;
}

export const defaultHttpOptions: HttpOptions = { backOffMs: [500, 1000, 2000, 4000], stallMs: 30_000 };

/** Broken in a way that another attempt may mend; never leaves this folder. */
export class Transient extends Error {}

function reasonOf(error: unknown): string {
  const causes: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) causes.push(current.message);
  return causes.filter((text) => text !== '').join(': ') || String(error);
}

function refuse(url: string, status: number): ArtifactError {
  const fact = `${url}: the server answered ${status}`;
  if (status === 404 || status === 410) {
    return new MissingDownload(fact, { remedy: 'Check the version in the inventory, or what the mirror holds.' });
  }
  return new ArtifactError(fact, { remedy: 'Check the address, the proxy settings and the rights on the mirror.' });
}

/** 416 is an answer, not a failure, when part of a file was asked for. */
function checkAnswer(url: string, response: Response, asked: Headers): void {
  if (response.status === 416 && 'range' in asked) return;
  if (isTransientStatus(response.status)) throw new Transient(`the server answered ${response.status}`);
  if (!response.ok) throw refuse(url, response.status);
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) {
    throw new ArtifactError(`${url}: a web page came instead of the file`, {
      remedy: 'A login page or a proxy answers for the server: check the address and the proxy settings.',
    });
  }
}

/** Ends a transfer that stands still. */
class StallGuard {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(options: HttpOptions) {
    this.timer = setTimeout(() => this.controller.abort(), options.stallMs);
    this.signal = options.signal === undefined ? this.controller.signal : AbortSignal.any([options.signal, this.controller.signal]);
  }

  feed(): void {
    this.timer.refresh();
  }

  get expired(): boolean {
    return this.controller.signal.aborted;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }
}

const unreachable = 'Check the network and the proxy settings, or set artifacts.mirror to a place this machine reaches.';

/** The server has no such file. */
export class MissingDownload extends ArtifactError {}

/** Request headers, names in lower case. */
export type Headers = Readonly<Record<string, string>>;

export interface Received {
  readonly response: Response;
  readonly chunks: AsyncIterable<Uint8Array>;
}

async function* guardChunks(response: Response, guard: StallGuard): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    guard.feed();
    yield chunk;
  }
}

async function attempt<T>(url: string, headers: Headers, options: HttpOptions, use: (received: Received) => Promise<T>): Promise<T> {
  using guard = new StallGuard(options);
  try {
    const response = await fetch(url, { headers, signal: guard.signal });
    checkAnswer(url, response, headers);
    return await use({ response, chunks: guardChunks(response, guard) });
  } catch (error) {
    if (guard.expired) throw new Transient(`no byte came for ${options.stallMs / 1000} s`);
    if (isTransientError(error)) throw new Transient(reasonOf(error), { cause: error });
    if (error instanceof TypeError) throw new ArtifactError(`${url}: ${reasonOf(error)}`, { cause: error, remedy: unreachable });
    throw error;
  }
}

/**
 * GET with further attempts after transient failures only; `use` reads the body and may run several times, so `headers` is asked anew each time.
 * @throws ArtifactError
 */
export async function httpGet<T>(
  url: string,
  options: HttpOptions,
  headers: () => Promise<Headers>,
  use: (received: Received) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(url, await headers(), options, use);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      const pauseMs = options.backOffMs[tries];
      if (pauseMs === undefined) {
        throw new ArtifactError(`${url}: ${error.message} (tried ${tries + 1} times)`, {
          cause: error,
          remedy: `Run again: the part that arrived is kept. ${unreachable}`,
        });
      }
      await sleep(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}
