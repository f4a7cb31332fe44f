import { closest, distance } from 'fastest-levenshtein';

/** Text as a message shows it: quoted, and never longer than a line. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/** The known word a typing error is nearest to, or of which a part was written; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const [whole, ...others] = known.filter((candidate) => typed.length >= 4 && candidate.toLowerCase().includes(typed));
  if (whole !== undefined && others.length === 0) return whole;
  if (known.length === 0) return undefined;
  const candidate = closest(typed, known);
  return distance(typed, candidate.toLowerCase()) <= Math.max(2, Math.floor(candidate.length / 3)) ? candidate : undefined;
}

/** `; did you mean "worker"?`, or the list of what is known. */
export function suggestion(word: unknown, known: readonly string[]): string {
  const candidate = typeof word === 'string' ? nearest(word, known) : undefined;
  return candidate === undefined ? `; known: ${known.join(', ')}` : `; did you mean ${quote(candidate)}?`;
}
