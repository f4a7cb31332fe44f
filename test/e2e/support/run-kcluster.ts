import { spawn } from 'node:child_process';
import path from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const root = path.resolve(import.meta.dirname, '../../..');

/** Runs a program to its end and gives what it printed; never rejects for its exit status. */
export function runProgram(program: string, args: readonly string[], input = '', env: NodeJS.ProcessEnv = process.env): Promise<Finished> {
  const { promise, resolve, reject } = Promise.withResolvers<Finished>();
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, stdout, stderr }));
  // Who has input of its own closes this one unread: how it ended is told by its exit status.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') reject(error);
  });
  child.stdin.end(input);
  return promise;
}

/** The command line as a user runs it: the compiled program under this Node. */
export function runKcluster(args: readonly string[]): Promise<Finished> {
  return runProgram(process.execPath, [path.join(root, 'bin/kcluster.js'), ...args]);
}
