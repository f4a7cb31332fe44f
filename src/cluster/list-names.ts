const most = 10;

/** `a, b`: sorted, each once, at most ten, then how many more. */
export function listNames(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort();
  const shown = sorted.slice(0, most).join(', ');
  return sorted.length > most ? `${shown} and ${sorted.length - most} more` : shown;
}
