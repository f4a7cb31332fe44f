import type { NewestBackup } from '../cluster/node-status.ts';
import { timeOfStamp } from './read-host-answer.ts';
import { nameOfArchive } from './shelf-file.ts';

const recordPattern = /^(.+-(\d{8}T\d{6}Z)-.+)\.json$/;

/** The newest backup among the names in a directory; one counts once its record is there, which is written last, and its archive still is. */
export function newestOfNames(names: readonly string[], cluster: string, now: Date): NewestBackup | undefined {
  const archives = new Set(names.flatMap((name) => nameOfArchive(name) ?? []));
  const found = names.flatMap((file): readonly NewestBackup[] => {
    const [, name = '', stamp = ''] = recordPattern.exec(file) ?? [];
    if (!name.startsWith(`${cluster}-${stamp}-`) || !archives.has(name)) return [];
    const takenAt = timeOfStamp(stamp);
    return [{ name, takenAt, ageSeconds: Math.max(0, Math.floor((now.getTime() - Date.parse(takenAt)) / 1000)) }];
  });
  return found.toSorted((a, b) => (a.takenAt < b.takenAt ? 1 : -1))[0];
}
