import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { StoredBackup } from '../cluster/backup-status.ts';
import { timeOfStamp } from './read-host-answer.ts';

const ending = /\.(?:json|tar\.(?:zst|gz)(?:\.age)?)$/;

async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

/** Whether a record names an archive that is there with the size it has. */
async function isWhole(directory: string, name: string, archives: ReadonlyMap<string, number>): Promise<boolean> {
  const text = await readFile(path.join(directory, `${name}.json`), 'utf8');
  try {
    const { archive } = JSON.parse(text) as { readonly archive?: { readonly file?: string; readonly sizeBytes?: number } };
    return archive?.file !== undefined && archives.get(archive.file) === archive.sizeBytes;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Backups of one cluster in a directory of this machine, as templates/backup/list-place.sh lists them on hosts. */
export async function listDirectory(directory: string, cluster: string): Promise<readonly StoredBackup[]> {
  const files = (await readdir(directory)).filter((file) => file.startsWith(`${cluster}-`) && ending.test(file));
  const names = [...new Set(files.map((file) => file.replace(ending, '')))].sort();
  const found: StoredBackup[] = [];
  for (const name of names) {
    const stamp = /^(\d{8}T\d{6}Z)-[A-Za-z0-9.-]+$/.exec(name.slice(cluster.length + 1))?.[1];
    if (stamp === undefined) continue;
    const mine = files.filter((file) => !file.endsWith('.json') && file.replace(ending, '') === name);
    const archives = new Map<string, number>();
    for (const file of mine) archives.set(file, await sizeOf(path.join(directory, file)));
    const verified = files.includes(`${name}.json`) && (await isWhole(directory, name, archives));
    found.push({ name, takenAt: timeOfStamp(stamp), sizeBytes: [...archives.values()][0] ?? 0, verified });
  }
  return found;
}
