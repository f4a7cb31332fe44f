import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Finished } from './run-kcluster.ts';

/** Runs a program with a stream as its standard input, or none; never rejects for its exit status. */
export async function feedProgram(program: string, args: readonly string[], input?: Readable): Promise<Finished> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  if (input === undefined) child.stdin.end();
  else await pipeline(input, child.stdin);
  const [stdout, stderr] = await outputs;
  return { code: await ended, stdout, stderr };
}
