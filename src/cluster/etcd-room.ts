import type { Member } from './quorum.ts';

const gibibyte = 1024 ** 3;

/** What a member says of its file. */
export interface Room {
  readonly sizeBytes: number;
  readonly inUseBytes: number;
}

/** From where on a defragmentation is worth that a member is away meanwhile. */
export interface Threshold {
  /** Share of the file that would be given back, 0 to 100. */
  readonly percent: number;
  readonly bytes: number;
}

/** Who has fewer gaps than that fills them again by itself. */
export const defaultThreshold: Threshold = { percent: 20, bytes: 64 * 1024 ** 2 };

/** From this share of the quota on it is time to do something. */
const crowdedShare = 0.8;

/** Above this share the alarm would be back within a few writes, so it stays. */
export const roomyShare = 0.9;

export function isCrowded({ sizeBytes }: Room, quotaBytes: number | undefined): boolean {
  return quotaBytes !== undefined && sizeBytes >= crowdedShare * quotaBytes;
}

/** What a defragmentation would give back. */
export function gainOf({ sizeBytes, inUseBytes }: Room): number {
  return Math.max(0, sizeBytes - inUseBytes);
}

/** Both must be reached. */
export function paysToDefrag(room: Room, { percent, bytes }: Threshold): boolean {
  const gain = gainOf(room);
  return gain > 0 && gain >= bytes && gain * 100 > percent * room.sizeBytes;
}

/** About how long a member is away: it copies what is in use, at some 100 MiB a second. */
export function defragSeconds(inUseBytes: number): number {
  return Math.max(1, Math.ceil((inUseBytes / gibibyte) * secondsPerGibibyte));
}

export const secondsPerGibibyte = 10;

/** When it is given up: for disks that are twenty times slower. */
export function defragTimeoutSeconds(sizeBytes: number): number {
  return 60 + Math.ceil((sizeBytes / gibibyte) * secondsPerGibibyte * 20);
}

/** Who is missed least first: followers by name, the leader last. Learners take no such order from anybody. */
export function orderDefrag(members: readonly Member[]): readonly Member[] {
  const voters = members.filter(({ isLearner }) => !isLearner);
  return voters.toSorted((a, b) => Number(a.isLeader) - Number(b.isLeader) || (a.name < b.name ? -1 : 1));
}

/** Who leads while the leader is busy: the healthy voter with the lowest name; undefined when there is none. */
export function successorOf(members: readonly Member[]): Member | undefined {
  return orderDefrag(members).find(({ isLeader, health }) => !isLeader && health === 'healthy');
}
