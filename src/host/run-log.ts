import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { Redactor } from './redaction.ts';

/** What is kept of a failed command's output, in characters, and how much of it is looked at. */
const maxOutput = 16 * 1024;
const maxRedacted = 1024 * 1024;
const maxScript = 256 * 1024;

/** One remote command after its end. */
export interface RunLogEntry {
  /** ISO 8601, when it began. */
  readonly time: string;
  readonly node: string;
  readonly kind: 'run' | 'upload' | 'download' | 'follow';
  readonly title?: string;
  /** The script, or the path of an upload. */
  readonly script: string;
  /** Absent when the outcome is unknown. */
  readonly code?: number;
  readonly ms: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** Of failures only; the file keeps the first 16 Ki characters. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** Why the outcome is unknown. */
  readonly error?: string;
}

export interface RunLog {
  record(entry: RunLogEntry): void;
}

export interface RunLogFile extends RunLog {
  readonly path: string;
  /** The first write that failed (a full disk does not stop a run), else undefined. */
  close(): Error | undefined;
}

/** Opens a log of JSON lines, mode 0600, secrets redacted; every entry is on its way to disk when `record` returns. @throws ConfigurationError */
export async function openRunLog(path: string, redactor: Redactor): Promise<RunLogFile> {
  const fd = await openPrivate(path);
  const state: { failure?: Error; closed: boolean } = { closed: false };
  return {
    path,
    record(entry) {
      if (state.closed || state.failure !== undefined) return;
      try {
        writeSync(fd, `${JSON.stringify(redactEntry(entry, redactor))}\n`);
      } catch (error) {
        state.failure = error instanceof Error ? error : new Error(String(error));
      }
    },
    close() {
      if (!state.closed) closeSync(fd);
      state.closed = true;
      return state.failure;
    },
  };
}

/** Keeps the entries for a test to read. */
export function createMemoryRunLog(redactor?: Redactor): RunLog & { readonly entries: readonly RunLogEntry[] } {
  const entries: RunLogEntry[] = [];
  return { entries, record: (entry) => entries.push(redactor === undefined ? entry : redactEntry(entry, redactor)) };
}

async function openPrivate(path: string): Promise<number> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw new ConfigurationError(`cannot write the run log ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      remedy: 'Make its directory writable, or choose another state directory.',
      cause: error,
    });
  }
}

/** Redacted before JSON is made of it, so that escapes cannot hide a secret, and before it is cut, so that no half of one is left. */
function redactEntry(entry: RunLogEntry, redactor: Redactor): RunLogEntry {
  const text = (key: 'title' | 'stdout' | 'stderr' | 'error') => {
    const value = entry[key];
    return value === undefined ? {} : { [key]: shorten(redactor.redact(value.slice(0, maxRedacted)), maxOutput) };
  };
  return {
    ...entry,
    ...text('title'),
    script: shorten(redactor.redact(entry.script), maxScript),
    ...text('stdout'),
    ...text('stderr'),
    ...text('error'),
  };
}

function shorten(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)} … (${text.length - maxLength} characters more)`;
}
