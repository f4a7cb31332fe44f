import { readFileSync } from 'node:fs';

/** Polls until the condition holds; the test's own timeout is the deadline. */
export async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A process that has ended and waits for its parent counts as gone: who reaps it is not our affair. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
