import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../../src/host/host.ts';

export interface Shell {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
}

/** How scripts reach a host: the distribution's sh, bash in its place, and text evaluated in a subshell as the connection's loop does. */
export const shells: readonly Shell[] = [
  { name: 'sh', argv: ['/bin/sh'] },
  { name: 'bash --posix', argv: ['bash', '--posix'] },
  { name: 'sh, evaluated', argv: ['/bin/sh', '-c', `t=$(/bin/cat "$0"; printf x); t=\${t%x}; ( eval "$t" ) </dev/null; exit $?`] },
];

export const [sh] = shells as readonly [Shell, ...Shell[]];

export interface RunShOptions {
  readonly shell?: Shell;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Called with the shell's process id once it runs. */
  readonly onStart?: (pid: number) => void;
}

/** Runs a script from a file in `directory` and gives what it answered; a shell killed by a signal has code -1. */
export async function runSh(script: string, directory: string, options: RunShOptions = {}): Promise<RunResult> {
  const file = join(directory, '.script');
  writeFileSync(file, script);
  const [command, ...args] = (options.shell ?? sh).argv;
  const child = spawn(command, [...args, file], {
    cwd: directory,
    env: options.env ?? process.env,
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.on('error', reject);
  child.on('close', (code) => resolve(code ?? -1));
  if (child.pid !== undefined) options.onStart?.(child.pid);
  child.stdin?.end(options.stdin);
  const code = await promise;
  return { code, stdout, stderr };
}
