import type { CriticalPath } from './critical-path.ts';
import { overtureTimings, type TimedEvent } from './run-events.ts';
import { stepChain } from './step-chain.ts';
import { stepSpans } from './upgrade-stages.ts';

/** What part of an upgrade's time went where. */
export interface AccountLine {
  readonly part: string;
  /** Steps of it that another one waited for; 0: no steps. */
  readonly steps: number;
  readonly seconds: number;
  /** Of the critical path. */
  readonly waitSeconds: number;
}

/** `kubelet/run-cp1@cp1` -> `kubelet/run`: the nodes of an upgrade have phases of their own. */
export function phaseOfStep(step: string, hosts: readonly string[]): string {
  const phase = step.slice(0, step.lastIndexOf('@'));
  const host = hosts.find((name) => phase.endsWith(`-${name}`));
  return host === undefined ? phase : phase.slice(0, -host.length - 1);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Where the whole time of a run went: its beginning, the steps of the chain that ended last by phase, what lies between them, its end. */
export function accountFor(
  run: { readonly events: readonly TimedEvent[]; readonly commandSeconds: number },
  path: CriticalPath,
  hosts: readonly string[],
): readonly AccountLine[] {
  const [last] = [...stepSpans(run.events)].toSorted(([, a], [, b]) => b.endMs - a.endMs);
  const chain = last === undefined ? [] : stepChain(run.events, last[0]);
  const [first, final] = [chain[0], chain.at(-1)];
  if (first === undefined || final === undefined) return [];
  const line = (part: string, seconds: number): AccountLine => ({ part, steps: 0, seconds, waitSeconds: 0 });
  const { planned = Number.NaN } = overtureTimings(run.events);
  const ofPath = Map.groupBy(path.links, ({ id }) => phaseOfStep(id, hosts));
  const waitOf = (part: string): number => sum((ofPath.get(part) ?? []).map(({ ownMs }) => ownMs / 1000));
  const phases = [...Map.groupBy(chain, ({ step }) => phaseOfStep(step, hosts))].map(([part, steps]) => ({
    part,
    steps: steps.length,
    seconds: sum(steps.map(({ startSeconds, endSeconds }) => endSeconds - startSeconds)),
    waitSeconds: waitOf(part),
  }));
  // What ran beside the chain may have had the longer waits.
  const beside = [...ofPath.keys()]
    .filter((part) => waitOf(part) > 0 && phases.every((phase) => phase.part !== part))
    .map((part) => ({ ...line(part, 0), waitSeconds: waitOf(part) }));
  const between = final.endSeconds - first.startSeconds - sum(phases.map(({ seconds }) => seconds));
  return [
    line('starts, connects, looks, plans', planned),
    line('makes a backup, takes the lock', first.startSeconds - planned),
    ...phases,
    ...beside,
    line('between steps', between),
    line('ends', run.commandSeconds - final.endSeconds),
  ];
}
