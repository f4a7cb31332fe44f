import type { IncomingMessage } from 'node:http';
import { InterruptedError, RefusedError, UnreachableError } from '../errors.ts';
import { DurableFile } from './durable-file.ts';
import { maxTextBytes, type PlaceFile, type Progress, type RemotePlace } from './place.ts';
import type { Shelf } from './read-shelf.ts';
import { askStore, type S3Access, type S3Call, textOf } from './s3-request.ts';
import { sendObject } from './s3-upload.ts';
import { kindOfFile, nameOfArchive } from './shelf-file.ts';

/** So many records are asked for side by side. */
const width = 8;

/** A bucket of an S3-compatible store, or what lies below a prefix of it. */
export class S3Place implements RemotePlace {
  readonly kind = 'remote';
  readonly name: string;
  readonly #findAccess: () => Promise<S3Access>;
  #access: Promise<S3Access> | undefined;
  readonly #bucket: string;
  /** Empty, or with a slash at its end. */
  readonly #prefix: string;

  /** @param findAccess asked at the first need */
  constructor(name: string, findAccess: () => Promise<S3Access>, { bucket, prefix }: { readonly bucket: string; readonly prefix: string }) {
    this.name = name;
    this.#findAccess = findAccess;
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  async shelf(signal: AbortSignal): Promise<Shelf> {
    const sizes = await this.#list(this.#prefix, signal);
    const of = (kind: string): readonly string[] => [...sizes.keys()].filter((file) => kindOfFile(file) === kind);
    const records = new Map<string, string>();
    const wanted = of('record');
    for (let at = 0; at < wanted.length; at += width) {
      const some = wanted.slice(at, at + width);
      const texts = await Promise.all(some.map((file) => ((sizes.get(file) ?? 0) > maxTextBytes ? '' : this.text(file, signal))));
      for (const [index, file] of some.entries()) records.set(file, texts[index] ?? '');
    }
    return { records, checks: new Map(), archives: new Map(of('archive').map((file) => [file, sizes.get(file) ?? 0])) };
  }

  async text(name: string, signal: AbortSignal): Promise<string | undefined> {
    const response = await this.#ask({ method: 'GET', path: this.#path(name), signal });
    return response === undefined ? undefined : textOf(response);
  }

  async fetch(name: string, path: string, onProgress: Progress, signal: AbortSignal): Promise<void> {
    const source = `${this.name}/${name}`;
    const response = await this.#ask({ method: 'GET', path: this.#path(name), signal });
    if (response === undefined) throw new RefusedError(`${source} is missing: only its record is there`, { remedy: 'use another backup' });
    await using sink = await DurableFile.open(path);
    let doneBytes = 0;
    for await (const chunk of this.#chunks(response, source, signal)) {
      await sink.write(chunk);
      doneBytes += chunk.length;
      onProgress(doneBytes);
    }
    await sink.commit();
  }

  async put(file: PlaceFile, onProgress: Progress, signal: AbortSignal): Promise<void> {
    const access = await this.#credentials();
    await sendObject({ place: this.name, access, path: this.#path(file.name), signal }, file, onProgress);
  }

  async remove(names: readonly string[], signal: AbortSignal): Promise<void> {
    for (const name of names) {
      const files = [...(await this.#list(`${this.#prefix}${name}.`, signal)).keys()];
      const archives = files.filter((file) => nameOfArchive(file) === name);
      for (const file of [`${name}.json`, ...archives]) (await this.#ask({ method: 'DELETE', path: this.#path(file), signal }))?.resume();
    }
  }

  /** Sizes by name, of what lies directly below the prefix of this place. */
  async #list(prefix: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    let token: string | undefined;
    do {
      const query = { 'list-type': '2', delimiter: '/', prefix, ...(token === undefined ? {} : { 'continuation-token': token }) };
      const response = await this.#ask({ method: 'GET', path: `/${this.#bucket}`, query, signal });
      const text = response === undefined ? '' : await textOf(response);
      for (const [, entry = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const key = /<Key>([^<]*)<\/Key>/.exec(entry)?.[1] ?? '';
        if (key.startsWith(this.#prefix)) found.set(key.slice(this.#prefix.length), Number(/<Size>(\d+)<\/Size>/.exec(entry)?.[1] ?? 0));
      }
      token = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(text)?.[1];
    } while (token !== undefined);
    return found;
  }

  async *#chunks(response: IncomingMessage, source: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of response) yield chunk as Buffer;
    } catch (cause) {
      if (signal.aborted) throw new InterruptedError(`stopped while fetching ${source}`, { cause });
      throw new UnreachableError(`${source} was cut off while it was fetched`, { remedy: 'run the command again', cause });
    }
  }

  #path(name: string): string {
    return `/${this.#bucket}/${this.#prefix}${name}`;
  }

  #credentials(): Promise<S3Access> {
    this.#access ??= this.#findAccess();
    return this.#access;
  }

  async #ask(call: S3Call): Promise<IncomingMessage | undefined> {
    return askStore(this.name, await this.#credentials(), call);
  }
}
