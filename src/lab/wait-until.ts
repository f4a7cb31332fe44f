import { setTimeout as pause } from 'node:timers/promises';
import { InterruptedError, StoppedError } from '../errors.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks until the answer is yes. @throws StoppedError after the deadline, naming the condition @throws InterruptedError */
export async function waitUntil(condition: string, ask: () => Promise<boolean> | boolean, options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await ask())) {
    if (options.signal?.aborted) throw new InterruptedError(`interrupted while waiting until ${condition}`);
    if (performance.now() > deadline) {
      throw new StoppedError(`waited ${Math.round(options.timeoutMs / 1000)} s in vain until ${condition}`);
    }
    await pause(options.intervalMs ?? 50);
  }
}
