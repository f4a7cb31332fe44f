/** One question to an API server about /readyz, and what came of it. */
export interface Probe {
  /** ms since 1970. */
  readonly askedAtMs: number;
  readonly endedAtMs: number;
  /** Of the answer; absent: nothing answered in time. */
  readonly status?: number;
}

export interface AwayTimes {
  /** The longest stretch without a good answer. */
  readonly longestMs: number;
  /** All such stretches together. */
  readonly totalMs: number;
}

/** Probes of every API server, by host. */
export type ProbeLog = ReadonlyMap<string, readonly Probe[]>;

/** How long one API server was away. */
export interface ServerAway {
  readonly server: string;
  /** `/readyz` did not answer 200: it also says so before it ends, while it serves on. */
  readonly unready: AwayTimes;
  /** Nothing answered within a second. */
  readonly silent: AwayTimes;
}

/** It says that it is ready for requests. */
const isReady = ({ status }: Probe): boolean => status === 200;
/** Something listens, and says whatever it says. */
const answers = ({ status }: Probe): boolean => status !== undefined;

/**
 * How long a server was away: from the last good answer before a bad one until the next good answer, so never too short. A server that
 * was not good yet, or is not good any more, counts from the first question, or until the last one has ended.
 */
export function awayTimes(probes: readonly Probe[], isGood: (probe: Probe) => boolean): AwayTimes {
  let [longestMs, totalMs] = [0, 0];
  let goodAtMs = probes[0]?.askedAtMs ?? 0;
  let isAway = false;
  const close = (atMs: number): void => {
    longestMs = Math.max(longestMs, atMs - goodAtMs);
    totalMs += atMs - goodAtMs;
  };
  for (const probe of probes) {
    if (!isGood(probe)) {
      isAway = true;
      continue;
    }
    if (isAway) close(probe.endedAtMs);
    [goodAtMs, isAway] = [probe.endedAtMs, false];
  }
  if (isAway) close(probes.at(-1)?.endedAtMs ?? goodAtMs);
  return { longestMs, totalMs };
}

/** When a server was ready again after a moment; NaN: never. */
export function readyAfter(probes: readonly Probe[], afterMs: number): number {
  return probes.find((probe) => probe.askedAtMs >= afterMs && isReady(probe))?.endedAtMs ?? Number.NaN;
}

export function serverAways(log: ProbeLog): readonly ServerAway[] {
  return [...log].map(([server, probes]) => ({ server, unready: awayTimes(probes, isReady), silent: awayTimes(probes, answers) }));
}
