import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { ArtifactError, type KclusterError, StoppedError } from '../../errors.ts';
import type { RunResult, Upload } from '../host.ts';
import { printable } from '../printable.ts';
import type { Command } from './run-command.ts';
import { shellQuote } from './shell-loop.ts';

const chunkBytes = 256 * 1024;
/** Exit status for a checksum that differs; the one found is on stdout. */
const mismatchStatus = 97;

/** Compares the local file with what is announced. @throws ArtifactError */
export async function checkSource(node: string, file: Upload): Promise<void> {
  const remedy = 'Fetch the artifact again.';
  const sizeBytes = await stat(file.source).then(
    (found) => found.size,
    (error: Error) => {
      throw new ArtifactError(`cannot read ${file.source}: ${error.message}`, { node, remedy, cause: error });
    },
  );
  if (sizeBytes === file.sizeBytes) return;
  throw new ArtifactError(`${file.source} has ${sizeBytes} bytes instead of ${file.sizeBytes}`, { node, remedy });
}

export function uploadCommand(file: Upload, onProgress?: (sentBytes: number) => void): Command {
  return {
    lane: 'upload',
    script: uploadScript(file),
    input: {
      kind: 'stream',
      sizeBytes: file.sizeBytes,
      chunks: readChunks(file.source),
      ...(onProgress === undefined ? {} : { onSent: onProgress }),
    },
    logged: `upload ${file.source} (${file.sizeBytes} bytes, sha256 ${file.sha256}) to ${file.path}`,
  };
}

/** Opened when the first chunk is asked for: an upload may wait, or never come to its turn. */
async function* readChunks(path: string): AsyncGenerator<Buffer> {
  yield* createReadStream(path, { highWaterMark: chunkBytes });
}

/** The error in the answer of the host; undefined when the file is in place. */
export function uploadFailure(node: string, file: Upload, result: RunResult): KclusterError | undefined {
  if (result.code === 0) return undefined;
  if (result.code === mismatchStatus) {
    return new ArtifactError(`${file.path} arrived with sha256 ${printable(result.stdout, 80)} instead of ${file.sha256}; it was removed`, {
      node,
      remedy: `Check ${file.source} against its published checksum, then run the command again.`,
    });
  }
  return new StoppedError(`could not store ${file.path}: ${printable(result.stderr, 500) || `exit status ${result.code}`}`, {
    node,
    remedy: 'See that the file system has room and is writable, then run the command again.',
    output: printable(result.stderr),
  });
}

/** Files smaller than this are hashed before OpenSSL would have started. */
const largeBytes = 1024 * 1024;
const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** `kc_hash` prints the sha256 of its input: with OpenSSL, four times as fast as coreutils, where it shows that it can. */
function hashFunction(file: Upload): readonly string[] {
  const slow = 'kc_hash() { sha256sum; }';
  if (file.sizeBytes < largeBytes) return [slow];
  return [
    slow,
    `case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in "${sha256OfNothing} "*) kc_hash() { openssl dgst -sha256 -r; };; esac`,
  ];
}

/**
 * Receives a file on standard input beside its final place and renames it when whole: never half a file under its name.
 * Mode and owner are right before the first byte; file and directory are synced. Leftovers are removed on every way out.
 */
function uploadScript(file: Upload): string {
  const directory = posix.dirname(file.path);
  const temporary = posix.join(directory, `.${posix.basename(file.path)}.kcluster-${randomBytes(6).toString('hex')}`);
  return [
    `d=${shellQuote(directory)}; t=${shellQuote(temporary)}; p=${shellQuote(file.path)}`,
    '[ -d "$d" ] || mkdir -p -- "$d" || exit 1',
    // noclobber opens with O_EXCL: nothing that lies in wait under that name is followed.
    'umask 077; set -C; : >"$t" || exit 1; set +C',
    // With the connection gone, writing the answer must not kill the script before it has cleaned up.
    'trap \'rm -f -- "$t"\' EXIT; trap "exit 1" HUP INT TERM; trap "" PIPE',
    `chmod ${file.mode.toString(8).padStart(4, '0')} "$t" || exit 1`,
    ...hashFunction(file),
    // Hashed while it arrives; a write that failed shows in the size.
    's=$(tee -- "$t" | kc_hash) || exit 1; s=${s%% *}',
    `[ "$s" = ${shellQuote(file.sha256)} ] || { printf %s "$s"; exit ${mismatchStatus}; }`,
    `[ "$(stat -c %s -- "$t")" = ${file.sizeBytes} ] || exit 1`,
    'sync "$t" && mv -fT -- "$t" "$p" && sync "$d" || exit 1',
  ].join('\n');
}
