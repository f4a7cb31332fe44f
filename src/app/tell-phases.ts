import type { Session } from './session.ts';

type Teller = (word: string, rest: readonly string[]) => void;

/** Turns `phase`, `progress` and `warning` of a script into events. @param words what the phases that take long are called */
export function tellPhases(
  { emit, elapsedMs }: Pick<Session, 'emit' | 'elapsedMs'>,
  node: string,
  words: Readonly<Record<string, string>>,
): Teller {
  const now = { what: undefined as string | undefined, totalBytes: 0 };
  const tell = (doneBytes: number): void => {
    if (now.what !== undefined) emit({ type: 'progress', what: now.what, node, doneBytes, totalBytes: now.totalBytes, atMs: elapsedMs() });
  };
  return (word, rest) => {
    if (word === 'warning') emit({ type: 'notice', level: 'warning', node, text: rest.join(' ') });
    if (word === 'progress') {
      const [doneBytes = 0, totalBytes = 0] = rest.map(Number);
      now.totalBytes = totalBytes;
      // What a database becomes when it is packed is known when it is over.
      tell(Math.max(0, Math.min(doneBytes, totalBytes - 1)));
    }
    if (word !== 'phase') return;
    if (now.totalBytes > 0) tell(now.totalBytes);
    now.what = words[rest[0] ?? ''];
    now.totalBytes = 0;
  };
}
