/** One line of `kcluster init --json`, with the time at which it arrived. */
export interface TimedEvent {
  /** ms since the process was started. */
  readonly atMs: number;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface PhaseTiming {
  readonly phase: string;
  /** First step of it on any node, since the process was started. */
  readonly startSeconds: number;
  /** To the end of its last step. */
  readonly seconds: number;
}

export interface UploadTiming {
  readonly files: number;
  readonly bytes: number;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
}

const inSeconds = (ms: number): number => Math.round(ms) / 1000;

/** When each phase began and how long it took, in order of beginning. */
export function phaseTimings(events: readonly TimedEvent[]): readonly PhaseTiming[] {
  const spans = new Map<string, { readonly from: number; readonly to: number }>();
  for (const { atMs, event } of events) {
    if (event.type !== 'step-started' && event.type !== 'step-finished') continue;
    const phase = String(event.phase);
    const known = spans.get(phase) ?? { from: atMs, to: atMs };
    spans.set(phase, { from: Math.min(known.from, atMs), to: Math.max(known.to, atMs) });
  }
  const timings = [...spans].map(([phase, { from, to }]) => ({ phase, startSeconds: inSeconds(from), seconds: inSeconds(to - from) }));
  return timings.toSorted((a, b) => a.startSeconds - b.startSeconds);
}

/** What was sent to hosts, from its first to its last piece. */
export function uploadTiming(events: readonly TimedEvent[]): UploadTiming {
  const pieces = events.filter(({ event }) => event.type === 'upload-progress');
  const sizes = new Map(pieces.map(({ event }) => [`${String(event.step)} ${String(event.index)}`, Number(event.totalBytes)]));
  return {
    files: sizes.size,
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    firstSeconds: inSeconds(pieces[0]?.atMs ?? 0),
    lastSeconds: inSeconds(pieces.at(-1)?.atMs ?? 0),
  };
}

/** Moments of a run before its first step: when it began, saw its hosts, and had a plan. Seconds since the process was started. */
export function overtureTimings(events: readonly TimedEvent[]): Readonly<Record<string, number>> {
  const last = (type: string): number => inSeconds(events.findLast(({ event }) => event.type === type)?.atMs ?? 0);
  return { began: last('run-started'), connected: last('host-connected'), observed: last('observed'), planned: last('planned') };
}
