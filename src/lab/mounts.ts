import { readFile } from 'node:fs/promises';
import { runLocal } from './run-local.ts';

export interface Mount {
  readonly target: string;
  readonly type: string;
  /** Path inside the file system that is mounted here. */
  readonly root: string;
  readonly superOptions: readonly string[];
}

/** Reads /proc/self/mountinfo (proc(5)): fields 4 and 5, and after the dash type, source and super options. */
export function parseMountinfo(text: string): readonly Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      const [type = '', , superOptions = ''] = after.split(' ');
      return { root: unescapePath(fields[3] ?? ''), target: unescapePath(fields[4] ?? ''), type, superOptions: superOptions.split(',') };
    });
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export async function readMounts(): Promise<readonly Mount[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Mount points at or below a directory, the last mounted first. */
export function mountsBelow(mounts: readonly Mount[], directory: string): readonly string[] {
  return mounts
    .map((mount) => mount.target)
    .filter((target) => target === directory || target.startsWith(`${directory}/`))
    .reverse();
}

/** Leaves no mount at or below the directory. @throws StoppedError when one is busy */
export async function unmountBelow(directory: string): Promise<void> {
  for (const target of mountsBelow(await readMounts(), directory)) await runLocal(['umount', target]);
}
