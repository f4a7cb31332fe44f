import { setTimeout as delay } from 'node:timers/promises';
import { InternalError, InterruptedError, KclusterError, StoppedError } from '../errors.ts';
import type { Host, RunResult } from '../host/host.ts';
import type { Condition } from './condition.ts';
import { hopelessStatus, writeConditionScript } from './condition-script.ts';

const shortestPauseMs = 50;
const longestPauseMs = 1_000;
/** The answer is late by no more than this part of the time that it took to come true. */
const pauseShare = 1 / 16;

export interface Waiting {
  readonly attempt: number;
  readonly lastError: string;
}

/** One of several hosts that cannot be asked is passed over: the next one may know. */
async function ask(host: Host, script: string, title: string, isOnly: boolean, signal: AbortSignal): Promise<RunResult> {
  try {
    return await host.run(script, { title: `wait: ${title}`, signal, timeoutMs: 30_000 });
  } catch (error) {
    if (isOnly || !(error instanceof KclusterError) || error instanceof InterruptedError) throw error;
    return { code: 1, stdout: error.message, stderr: '' };
  }
}

/**
 * Asks until the condition holds; with several hosts, another one each time.
 * @throws StoppedError with the last answer when the deadline passes or the unit has failed
 */
export async function awaitCondition(
  hosts: readonly Host[],
  condition: Condition,
  onWaiting: (waiting: Waiting) => void,
  signal: AbortSignal,
): Promise<void> {
  const script = writeConditionScript(condition.test);
  const beganAt = performance.now();
  const deadline = beganAt + condition.deadlineMs;
  for (let attempt = 1; ; attempt++) {
    const host = hosts[(attempt - 1) % hosts.length];
    if (host === undefined) throw new InternalError(`nobody can be asked whether ${condition.title}`);
    const result = await ask(host, script, condition.title, hosts.length === 1, signal);
    if (result.code === 0) return;
    const lastError = result.stdout.trim() || result.stderr.trim() || `status ${result.code}`;
    onWaiting({ attempt, lastError });
    if (result.code === hopelessStatus) {
      throw new StoppedError(`${condition.title}: ${lastError}`, {
        node: host.node,
        output: result.stderr,
        remedy: condition.remedy ?? 'read the lines of its journal, mend the cause, and run again',
      });
    }
    if (performance.now() >= deadline) {
      const seconds = Math.round(condition.deadlineMs / 1000);
      throw new StoppedError(`${condition.title} did not come true in ${seconds} s: ${lastError}`, {
        node: host.node,
        remedy:
          condition.remedy ??
          'read the journal of the unit (journalctl -u …) on that host, mend the cause, and run again: it goes on from here',
      });
    }
    const pauseMs = (performance.now() - beganAt) * pauseShare;
    await delay(Math.min(Math.max(pauseMs, shortestPauseMs), longestPauseMs), undefined, { signal });
  }
}
