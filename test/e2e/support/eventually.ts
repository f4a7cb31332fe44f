import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until the answer is good, and gives it. A question that fails counts as an answer that is not good: who was just started, or
 * chooses a leader, may refuse it for a moment. The error after the deadline shows the last answer.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMs = 60_000,
  pauseMs = 250,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: string;
    try {
      const answer = await ask();
      if (isGood(answer)) return answer;
      last = JSON.stringify(answer);
    } catch (error) {
      last = String(error);
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s; last: ${last}`);
    await pause(pauseMs);
  }
}
