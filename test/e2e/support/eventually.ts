import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is good, and gives it; the error after the deadline shows the last answer. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMs = 60_000,
  pauseMs = 250,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s; last: ${JSON.stringify(answer)}`);
    await pause(pauseMs);
  }
}
