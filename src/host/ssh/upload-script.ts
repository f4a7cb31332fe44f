import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { Upload } from '../host.ts';
import { shellQuote } from './shell-loop.ts';

/** Exit status for a checksum that differs; the one found is on stdout. */
export const mismatchStatus = 97;

/**
 * Receives a file on standard input beside its final place and renames it when whole: never half a file under its name.
 * Mode and owner are right before the first byte; file and directory are synced. Leftovers are removed on every way out.
 */
export function uploadScript(file: Upload): string {
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
    // Hashed while it arrives; a write that failed shows in the size.
    `s=$(tee -- "$t" | sha256sum) || exit 1; s=\${s%% *}`,
    `[ "$s" = ${file.sha256} ] || { printf %s "$s"; exit ${mismatchStatus}; }`,
    `[ "$(stat -c %s -- "$t")" = ${file.sizeBytes} ] || exit 1`,
    'sync "$t" && mv -fT -- "$t" "$p" && sync "$d" || exit 1',
  ].join('\n');
}
