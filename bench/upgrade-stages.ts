import type { Stage } from './critical-path.ts';
import { type ProbeLog, readyAfter } from './probe-log.ts';
import type { TimedEvent } from './run-events.ts';
import type { UnitTime } from './unit-times.ts';

/** Measured moments of one upgrade; in ms since 1970 but for the events. */
export interface UpgradeTimes {
  /** When the process was started. */
  readonly startedAtMs: number;
  readonly events: readonly TimedEvent[];
  readonly units: readonly UnitTime[];
  readonly probes: ProbeLog;
  /** When a node was Ready with its new kubelet, by host. */
  readonly readyAtMs: ReadonlyMap<string, number>;
}

export interface StepSpan {
  readonly startMs: number;
  readonly endMs: number;
}

interface PlannedStep {
  readonly step: string;
  readonly phase: string;
  readonly node: string;
  readonly after: readonly string[];
  readonly actions: readonly { readonly kind: string }[];
}

/** From the start of each step to its end, in ms since the process was started. */
export function stepSpans(events: readonly TimedEvent[]): ReadonlyMap<string, StepSpan> {
  const starts = new Map<string, number>();
  const spans = new Map<string, StepSpan>();
  for (const { event, atMs } of events) {
    const step = String(event.step);
    if (event.type === 'step-started') starts.set(step, atMs);
    if (event.type === 'step-finished') spans.set(step, { startMs: starts.get(step) ?? atMs, endMs: atMs });
  }
  return spans;
}

/** `kubelet/run-cp1` -> `kubelet` */
const unitOf = (phase: string): string | undefined => /^(.+)\/run(?:-|$)/.exec(phase)?.[1];

/** From the moment when the process of a step was told to end until it does its work again; undefined: no process was started anew. */
function processSpan({ phase, node }: PlannedStep, span: StepSpan, times: UpgradeTimes): StepSpan | undefined {
  const since = (ms: number): number => ms - times.startedAtMs;
  const found = times.units.find(({ host, unit }) => host === node && unit === unitOf(phase));
  if (found?.stopMs === undefined) return undefined;
  const startMs = since(found.stopMs);
  if (startMs < span.startMs || startMs > span.endMs) return undefined;
  if (found.unit === 'kube-apiserver') return { startMs, endMs: since(readyAfter(times.probes.get(node) ?? [], found.startMs)) };
  if (found.unit === 'kubelet') return { startMs, endMs: since(times.readyAtMs.get(node) ?? Number.NaN) };
  return { startMs, endMs: since(found.activeMs) };
}

const nothing = ({ startMs }: StepSpan): StepSpan => ({ startMs, endMs: startMs });
const drains = ({ actions }: PlannedStep): boolean => actions.some(({ kind }) => kind === 'kube-drain');

/**
 * The steps of an upgrade as stages that follow each other as they did, each with what nobody can spare it: a process that ends and
 * starts until it does its work again, pods of a drained node that end. Of other steps nothing is left.
 */
export function upgradeStages(times: UpgradeTimes): readonly Stage[] {
  const spans = stepSpans(times.events);
  const planned = (times.events.findLast(({ event }) => event.type === 'planned')?.event.steps ?? []) as readonly PlannedStep[];
  const done = planned.filter(({ step }) => spans.has(step));
  const known = new Set(done.map(({ step }) => step));
  return done.map((step): Stage => {
    const span = spans.get(step.step) ?? { startMs: Number.NaN, endMs: Number.NaN };
    const { startMs, endMs } = drains(step) ? span : (processSpan(step, span, times) ?? nothing(span));
    return { id: step.step, startMs, readyMs: endMs, needs: step.after.filter((id) => known.has(id)).map((id) => [id]) };
  });
}
