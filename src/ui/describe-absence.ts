import type { Absence } from '../cluster/absence.ts';

const longestList = 4;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, longestList).join(', ');
  return names.length > longestList ? `${shown} and ${names.length - longestList} more` : shown;
}

/** `declared down since 2026-03-01T10:00:00Z, misses kubelet`; of one that came back: `Ready, was absent since …: run kcluster init`. */
export function describeAbsence(state: string, absence: Pick<Absence, 'since' | 'misses'> | undefined): string {
  if (absence === undefined) return state;
  const { since, misses } = absence;
  const missed = misses.length === 0 ? '' : `, misses ${listed(misses)}`;
  return state === 'declared down' ? `${state} since ${since}${missed}` : `${state}, absent since ${since}${missed}: run kcluster init`;
}
