import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { defaultMirrorDirectory } from './mirror.ts';

/** Kubernetes releases that few tests need, in the order in which they are built. Each costs the processor twelve minutes. */
export const otherKubernetes: readonly string[] = ['1.36.5'];

/** And those that only upgrades over several of them need. */
export const olderKubernetes: readonly string[] = ['1.36.3', '1.35.4'];

/** Only what nobody else wants of processors and disk. */
const lowest = ['nice', '-n', '19', 'chrt', '--idle', '0', 'ionice', '-c', '3'];

/**
 * Begins to build Kubernetes releases into a mirror, for as long as this process lives; `1.37.1+kube-bench` is a single thing of one.
 * What it gives ends that sooner, with everything that was started for it, and resolves once it has ended. A failure is printed: it is
 * told once more to whoever needs what is missing then.
 */
export function buildBeside(releases: readonly string[], directory = defaultMirrorDirectory()): () => Promise<void> {
  const script = join(import.meta.dirname, 'build-beside.ts');
  const [program = '', ...words] = [...lowest, process.execPath, script, directory, ...releases];
  const child = spawn(program, words, { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
  // The kernel shares processors between sessions first: within one of its own, a low priority alone would change nothing.
  const lowered = writeFile(`/proc/${child.pid}/autogroup`, '19').catch(() => undefined);
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  // Who ended by himself hears no more.
  child.stdin.on('error', () => undefined);
  return async () => {
    await lowered;
    child.stdin.end();
    await ended;
  };
}
