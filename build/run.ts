import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The program is not installed; `remedy` says how to get it. */
export class MissingToolError extends Error {
  constructor(tool: string, remedy: string) {
    super(`${tool} is missing: ${remedy}`);
    this.name = 'MissingToolError';
  }
}

const remedies: Readonly<Record<string, string>> = {
  go: 'install Go 1.26 or newer from your distribution or https://go.dev/dl',
  gcc: 'install it, for example: apt-get install gcc libc6-dev pkg-config libseccomp-dev',
  'pkg-config': 'install it, for example: apt-get install pkg-config libseccomp-dev',
  'apt-get': 'this part needs a Debian-like machine; leave it out with --only',
};

function explain(error: NodeJS.ErrnoException, tool: string): Error {
  return error.code === 'ENOENT' ? new MissingToolError(tool, remedies[tool] ?? 'install it') : error;
}

/** Runs a program to its end and gives its output; a failure carries the last lines it printed. */
export async function run(tool: string, args: readonly string[], options: RunOptions): Promise<string> {
  const child = spawn(tool, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(explain(error, tool)));
    child.once('close', resolve);
  });
  if (code === 0) return output.join('');
  const last = errors.join('').trimEnd().split('\n').slice(-20).join('\n');
  throw new Error(`${tool} ${args.slice(0, 2).join(' ')} ended with ${code ?? 'a signal'}:\n${last}`);
}
