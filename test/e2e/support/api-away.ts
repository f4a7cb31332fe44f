import type { JsonEvent } from './run-until.ts';

const span = (events: readonly JsonEvent[], type: string, phase: string): readonly number[] =>
  events.flatMap(({ type: seen, step, atMs }) => (seen === type && step?.startsWith(`${phase}@`) === true ? [Number(atMs)] : []));

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** How long a restore kept the API away, what of it were starts, and what its plan said before. */
export function tellApiAway(events: readonly JsonEvent[]): string {
  const served = Math.min(...span(events, 'step-finished', 'kube-apiserver/run'));
  const away = served - Math.min(...span(events, 'step-started', 'restore/fence'));
  const starts = served - Math.min(...span(events, 'step-started', 'etcd/run'));
  const expected = /the API is away for about (.+?):/.exec(JSON.stringify(events))?.[1] ?? 'not told';
  return `the API was away for ${seconds(away)} s (planned: ${expected}); etcd and API servers took ${seconds(starts)} s of it to start: ${(away / starts).toFixed(2)}`;
}
