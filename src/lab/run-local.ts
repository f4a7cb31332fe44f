import { spawn } from 'node:child_process';
import { InterruptedError, StoppedError } from '../errors.ts';

export interface LocalOptions {
  /** Given on standard input; absent: /dev/null. */
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** Sent to the program when the signal aborts. */
  readonly stopWith?: 'SIGTERM' | 'SIGKILL';
}

/**
 * Runs a program of this machine and resolves with its standard output.
 * @throws StoppedError with the program's output when its status is not 0
 * @throws InterruptedError when the signal aborts
 */
export function runLocal(argv: readonly string[], options: LocalOptions = {}): Promise<string> {
  const [program = '', ...args] = argv;
  if (options.signal?.aborted) return Promise.reject(new InterruptedError(`${program} was not started: interrupted`));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const stop = () => child.kill(options.stopWith ?? 'SIGTERM');
    options.signal?.addEventListener('abort', stop, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin?.end(options.input);
    child.on('error', (cause) => reject(new StoppedError(`${program} did not start: ${cause.message}`, { cause })));
    child.on('close', (code, killedBy) => {
      options.signal?.removeEventListener('abort', stop);
      if (options.signal?.aborted) return reject(new InterruptedError(`${program} was interrupted`));
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      const output = Buffer.concat(stderr.length > 0 ? stderr : stdout)
        .toString()
        .trim();
      const summary = output.split('\n').at(-1) ?? '';
      reject(new StoppedError(`${program} ended with ${killedBy ?? `status ${code}`}: ${summary}`, { output }));
    });
  });
}
