/**
 * Asks questions while work is done, and awaits their answers after it. A failure of the work goes first, and ends the asking.
 * @param ask begins to ask; its questions end with the signal
 */
export async function whileWaiting<Answers, Result>(
  outer: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Answers>,
  work: () => Promise<Result>,
): Promise<readonly [Result, Answers]> {
  const waiting = new AbortController();
  const answers = ask(AbortSignal.any([outer, waiting.signal]));
  answers.catch(() => undefined);
  try {
    const result = await work();
    return [result, await answers];
  } finally {
    waiting.abort();
  }
}
