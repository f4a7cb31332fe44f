import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './run-kcluster.ts';

export interface JsonEvent {
  readonly type: string;
  readonly step?: string;
  readonly [key: string]: unknown;
}

export interface Ended {
  /** null when it was killed. */
  readonly code: number | null;
  readonly events: readonly JsonEvent[];
  readonly stderr: string;
}

/** Runs the command line with `--json`; `onEvent` may do something to the world, or kill it. */
export function runUntil(
  args: readonly string[],
  onEvent: (event: JsonEvent, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const child = spawn(process.execPath, [path.join(root, 'bin/kcluster.js'), ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const events: JsonEvent[] = [];
  let stderr = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as JsonEvent;
    events.push(event);
    onEvent(event, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, events, stderr }));
  return promise;
}

/** Kills it by SIGKILL once that many steps have ended. @param counts whether a step is one of them */
export function killAfter(args: readonly string[], steps: number, counts: (step: string) => boolean = () => true): Promise<Ended> {
  let ended = 0;
  return runUntil(args, ({ type, step = '' }, kill) => {
    if (type !== 'step-finished' || !counts(step)) return;
    ended += 1;
    if (ended >= steps) kill('SIGKILL');
  });
}
