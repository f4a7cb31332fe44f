const gibibyte = 1024 ** 3;

/** What a restore waits for while the API is away. */
export interface RestoreCost {
  readonly snapshotBytes: number;
  /** Started one after the other. */
  readonly members: number;
  /** What the first API server took to listen when it was started last; undefined: it does not run, or does not say. */
  readonly apiServerStartMs: number | undefined;
}

/** Measured in test/e2e/restore.test.ts and restore-external.test.ts, on hosts that share two cores. */
const seconds = {
  /** Two stops with a second of grace each, two renames, and the way to the hosts. */
  switch: 3,
  /** A member without data, until it speaks to its peers. */
  memberStart: 1.3,
  /** Reading the data (7 s for 1 GiB in 256,000 keys) and hashing it (1 s). */
  perGibibyte: 8,
  apiServerStart: 3,
  /** From the moment when the API server listens until it is ready. */
  apiServerReady: 1.5,
} as const;

/** About how long the API is away while a restore goes through: from the first stop to the first API server that is ready. */
export function apiAwaySeconds({ snapshotBytes, members, apiServerStartMs }: RestoreCost): number {
  const member = seconds.memberStart + (snapshotBytes / gibibyte) * seconds.perGibibyte;
  const apiServer = apiServerStartMs === undefined ? seconds.apiServerStart : apiServerStartMs / 1000;
  return Math.ceil(seconds.switch + members * member + apiServer + seconds.apiServerReady);
}
