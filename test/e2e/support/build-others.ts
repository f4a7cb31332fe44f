import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { root } from './run-kcluster.ts';

/** Kubernetes releases that few tests need, in the order in which they are built. */
export const otherKubernetes = ['1.36.5', '1.36.3', '1.35.4'] as const;

/** Only what nobody else wants of processors and disk. */
const lowest = ['nice', '-n', '19', 'chrt', '--idle', '0', 'ionice', '-c', '3'];

/** Begins to build them beside the tests; what it gives ends that, with everything that was started for it. */
export function buildOthers(mirror: string): () => Promise<void> {
  const [program = '', ...words] = [...lowest, process.execPath, path.join(root, 'build/build-beside.ts'), mirror, ...otherKubernetes];
  const child = spawn(program, words, { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  return async () => {
    child.stdin.end();
    await ended;
  };
}
