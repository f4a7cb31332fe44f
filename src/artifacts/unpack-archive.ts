import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { ArtifactError } from '../errors.ts';
import type { Blob, BlobStore } from './blob-store.ts';

export interface UnpackLimits {
  /** Of one member, and of all members together. */
  readonly memberBytes: number;
  readonly totalBytes: number;
}

export const defaultUnpackLimits: UnpackLimits = { memberBytes: 2 ** 30, totalBytes: 2 * 2 ** 30 };

export interface Member {
  readonly name: string;
  /** Path inside the archive. */
  readonly member: string;
}

export type UnpackedMember = Blob & { readonly name: string };

interface Extracted extends Blob {
  readonly temporary: string;
}

function leavesArchive(path: string): boolean {
  return path.startsWith('/') || path.split('/').includes('..');
}

function linkLeavesArchive(entry: ReadEntry): boolean {
  const target = entry.linkpath ?? '';
  if (target.startsWith('/')) return true;
  const resolved = entry.type === 'SymbolicLink' ? posix.join(posix.dirname(entry.path), target) : posix.normalize(target);
  return resolved === '..' || resolved.startsWith('../');
}

const plainTypes: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile']);

/** Why an entry must not be in a release archive; undefined when it may. */
function findViolation(entry: ReadEntry, limits: UnpackLimits): string | undefined {
  if (leavesArchive(entry.path)) return `${entry.path} lies outside of the archive`;
  if (entry.type === 'SymbolicLink' || entry.type === 'Link') {
    return linkLeavesArchive(entry) ? `${entry.path} links to ${entry.linkpath ?? ''}, outside of the archive` : undefined;
  }
  if (entry.type === 'Directory') return undefined;
  if (!plainTypes.has(entry.type)) return `${entry.path} is a ${entry.type}, not a file`;
  return entry.size > limits.memberBytes ? `${entry.path} is larger than ${limits.memberBytes} bytes` : undefined;
}

/** A member on its way to a temporary file. */
interface Extraction {
  readonly result: Promise<Extracted>;
  /** Stops writing and waits until the file is closed, so that it can be deleted for good. */
  cancel(): Promise<void>;
}

/** Waits for the end of a file that is given up, whatever its state. */
function closeFile(file: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (file.closed) return resolve();
    file.once('close', resolve);
    file.destroy();
  });
}

/** Counts and hashes in line with the writing: a listener beside a pipe would take chunks away from it. */
function startExtraction(entry: ReadEntry, temporary: string): Extraction {
  const hash = createHash('sha256');
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const file = createWriteStream(temporary);
  const result = pipeline(meter, file).then(() => {
    if (file.bytesWritten !== entry.size) throw new Error(`${entry.path} is cut off`);
    return { temporary, sha256: hash.digest('hex'), sizeBytes: file.bytesWritten };
  });
  result.catch(() => undefined);
  entry.pipe(meter);
  const cancel = async () => {
    entry.unpipe(meter);
    await closeFile(file);
  };
  return { result, cancel };
}

/** Feeds a file to the parser, as fast as it takes it; `isStopped` ends it early. */
async function feed(path: string, parser: Parser, isStopped: () => boolean): Promise<void> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  parser.on('error', failure.reject);
  for await (const chunk of createReadStream(path)) {
    if (isStopped()) return;
    if (!parser.write(chunk as Buffer)) await Promise.race([once(parser, 'drain'), failure.promise]);
  }
  const ended = once(parser, 'end');
  parser.end();
  await Promise.race([ended, failure.promise]);
}

/** One pass over an archive: what was wanted and found, under temporary names. */
async function extractMembers(
  path: string,
  wanted: ReadonlyMap<string, string>,
  limits: UnpackLimits,
): Promise<ReadonlyMap<string, Extracted>> {
  const extractions = new Map<string, Extraction>();
  const violations: string[] = [];
  let totalBytes = 0;
  const parser = new Parser({ strict: true });
  parser.on('entry', (entry: ReadEntry) => {
    totalBytes += entry.size;
    const violation = totalBytes > limits.totalBytes ? `more than ${limits.totalBytes} bytes` : findViolation(entry, limits);
    if (violation !== undefined) violations.push(violation);
    const member = posix.normalize(entry.path);
    const temporary = wanted.get(member);
    const isWanted = violations.length === 0 && plainTypes.has(entry.type) && !extractions.has(member);
    if (isWanted && temporary !== undefined) extractions.set(member, startExtraction(entry, temporary));
    else entry.resume();
  });
  try {
    await feed(path, parser, () => violations.length > 0);
    if (violations[0] !== undefined) throw new Error(violations[0]);
    return new Map(await Promise.all([...extractions].map(async ([member, { result }]) => [member, await result] as const)));
  } catch (error) {
    await Promise.all([...extractions.values()].map((extraction) => extraction.cancel()));
    throw error;
  }
}

/**
 * Takes the wanted members out of a verified tar or tar.gz and puts them into the store; writes nothing else anywhere.
 * @throws ArtifactError for an archive that is damaged, lacks a member, or holds what could escape from it.
 */
export async function unpackArchive(
  path: string,
  members: readonly Member[],
  store: BlobStore,
  title: string,
  limits: UnpackLimits = defaultUnpackLimits,
): Promise<readonly UnpackedMember[]> {
  const remedy = 'Do not use this archive; get it again from a source you trust.';
  const temporaries = new Map<string, string>();
  for (const { member } of members) temporaries.set(posix.normalize(member), await store.temporaryPath());
  try {
    const extracted = await extractMembers(path, temporaries, limits).catch((cause: unknown) => {
      throw new ArtifactError(`${title}: ${cause instanceof Error ? cause.message : String(cause)}`, { remedy, cause });
    });
    const unpacked: UnpackedMember[] = [];
    for (const { name, member } of members) {
      const file = extracted.get(posix.normalize(member));
      if (file === undefined) throw new ArtifactError(`${title}: the archive has no ${member}`, { remedy });
      await store.adopt(file.temporary, file);
      unpacked.push({ name, sha256: file.sha256, sizeBytes: file.sizeBytes });
    }
    return unpacked;
  } finally {
    for (const temporary of temporaries.values()) await rm(temporary, { force: true });
  }
}
