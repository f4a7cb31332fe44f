import type { NodeName } from './cluster.ts';

/** On every control plane and etcd host from the moment when a restore is about to stop things until the cluster serves again. */
export const restoreMarkPath = '/var/lib/kcluster/restoring.json';
/** What the last restore ended with; stays. */
export const restoredRecordPath = '/var/lib/kcluster/restored.json';

/** The snapshot file as it is sent to the hosts, and what `etcdutl snapshot status` says of it. */
export interface SnapshotFile {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly hash: number;
  readonly revision: number;
  readonly keys: number;
}

/** What a restore is about; decided once, whoever finishes it. */
export interface RestoreAim {
  /** Names directories on the hosts: `20261126T150000-1a2b3c`. */
  readonly id: string;
  /** Name of the backup. */
  readonly backup: string;
  readonly snapshot: SnapshotFile;
  /** Added to the snapshot's revision, so that nobody who watched before has seen a later one. */
  readonly bumpRevision: number;
  /** Members of the etcd that is made from it: name -> peer URL. */
  readonly members: Readonly<Record<NodeName, string>>;
}

const apiVersion = 'kcluster/v1alpha1';

/** The bytes of the mark. */
export function formatRestoreMark({ id, backup, snapshot, bumpRevision, members }: RestoreAim): string {
  const { sha256, sizeBytes, hash, revision, keys } = snapshot;
  const sorted = Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
  const value = {
    apiVersion,
    kind: 'Restore',
    id,
    backup,
    snapshot: { sha256, sizeBytes, hash, revision, keys },
    bumpRevision,
    members: sorted,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) && value.apiVersion === apiVersion ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readSnapshot(value: unknown): SnapshotFile | undefined {
  if (!isFields(value)) return undefined;
  const { sha256, sizeBytes, hash, revision, keys } = value;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (!isCount(sizeBytes) || !isCount(hash) || !isCount(revision) || !isCount(keys)) return undefined;
  return { sha256, sizeBytes, hash, revision, keys };
}

/** undefined: it is damaged, or of another form. */
export function readRestoreMark(text: string): RestoreAim | undefined {
  const value = parse(text);
  const snapshot = readSnapshot(value?.snapshot);
  if (value === undefined || snapshot === undefined || value.kind !== 'Restore') return undefined;
  const { id, backup, bumpRevision, members } = value;
  if (typeof id !== 'string' || !/^[0-9A-Za-z-]+$/.test(id) || typeof backup !== 'string') return undefined;
  if (!isCount(bumpRevision) || !isFields(members) || Object.values(members).some((url) => typeof url !== 'string')) return undefined;
  return { id, backup, snapshot, bumpRevision, members: members as Readonly<Record<NodeName, string>> };
}

/** The first revision of the restored etcd. */
export function firstRevision({ snapshot, bumpRevision }: Pick<RestoreAim, 'snapshot' | 'bumpRevision'>): number {
  return snapshot.revision + bumpRevision;
}

/** The bytes of the record that stays. */
export function formatRestored(aim: RestoreAim): string {
  const { id, backup } = aim;
  return `${JSON.stringify({ apiVersion, kind: 'Restored', id, backup, firstRevision: firstRevision(aim) }, undefined, 2)}\n`;
}

/** Where the etcd began that the last restore made; undefined where there was none. */
export function readRestored(text: string | undefined): number | undefined {
  const revision = text === undefined ? undefined : parse(text)?.firstRevision;
  return isCount(revision) ? revision : undefined;
}

/** What etcd's own guidance adds for a snapshot that is a week old: 1,500 writes a second, and some more. */
const weeklyBump = 1_000_000_000;
const weekMs = 7 * 24 * 3600 * 1000;

/**
 * Above everything that was seen, and that may have been written since without anybody being left to tell.
 *
 * @param seen revisions that members answer, and that hosts remember of an earlier restore
 */
export function chooseBump(snapshot: { readonly revision: number; readonly ageMs: number }, seen: readonly number[]): number {
  const weeks = Math.max(1, Math.ceil(snapshot.ageMs / weekMs));
  return Math.max(...[snapshot.revision, ...seen].map((revision) => revision - snapshot.revision)) + weeks * weeklyBump;
}
