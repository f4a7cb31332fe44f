import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ConnectionLostError, InterruptedError } from '../../../src/errors.ts';
import type { Host, RunOptions, RunResult } from '../../../src/host/host.ts';
import type { Sandbox } from './sandbox.ts';

/** A host whose shell is this machine's, in a sandbox. Its connection can be lost. */
export class ShellHost implements Host {
  readonly node: string;
  roundTrips = 0;
  /** Scripts that were followed. */
  readonly followed: string[] = [];
  private readonly sandbox: Sandbox;
  private readonly running = new Set<ChildProcess>();

  constructor(node: string, sandbox: Sandbox) {
    this.node = node;
    this.sandbox = sandbox;
  }

  run(script: string, _options?: RunOptions): Promise<RunResult> {
    this.roundTrips++;
    return this.sandbox.run(script);
  }

  upload(): Promise<void> {
    return Promise.reject(new Error('not needed here'));
  }

  download(): Promise<never> {
    return Promise.reject(new Error('not needed here'));
  }

  follow(script: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<number> {
    this.roundTrips++;
    this.followed.push(script);
    const env = { ...process.env, PATH: `${this.sandbox.bin}:${process.env.PATH}` };
    const child = spawn('/bin/sh', ['-c', this.sandbox.relocate(script)], {
      cwd: this.sandbox.root,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.running.add(child);
    createInterface({ input: child.stdout }).on('line', onLine);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.on('error', reject);
    // A killed shell may leave a child that holds its output: its exit counts, not the end of its output.
    child.on('exit', (_, killedBy) => {
      this.running.delete(child);
      if (signal?.aborted === true) reject(new InterruptedError('aborted', { node: this.node }));
      else if (killedBy !== null) reject(new ConnectionLostError('the connection broke', { node: this.node }));
    });
    child.on('close', (code) => resolve(code ?? -1));
    signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    return promise;
  }

  /** Kills what runs there, as a lost connection would; resolves when it is gone. */
  async loseConnection(): Promise<void> {
    const gone = [...this.running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.running) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  /** Nobody reads what runs there any more; resolves when it has ended by itself. */
  async stopReading(): Promise<void> {
    const gone = [...this.running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.running) child.stdout?.destroy();
    await Promise.all(gone);
  }

  async close(): Promise<void> {
    await this.loseConnection();
  }
}
