import type { Stage } from './critical-path.ts';
import type { UnitTime } from './unit-times.ts';

/** Measured moments of one bring-up, in ms since 1970. */
export interface BringUpTimes {
  readonly units: readonly UnitTime[];
  /** When the API server of a host first answered /readyz, by host. */
  readonly servesAtMs: ReadonlyMap<string, number>;
  /** When a node was first Ready, by host. */
  readonly readyAtMs: ReadonlyMap<string, number>;
}

type Need = { readonly process: string; readonly on: 'same' | 'any' };

/** What a process needs before it can be ready itself; on a host without such a process nothing. */
const needs: Readonly<Record<string, readonly Need[]>> = {
  'kube-apiserver': [{ process: 'etcd', on: 'same' }],
  'kube-apiserver serves': [{ process: 'kube-apiserver', on: 'same' }],
  kubelet: [
    { process: 'kube-apiserver', on: 'any' },
    { process: 'containerd', on: 'same' },
    { process: 'kcluster-network', on: 'same' },
    { process: 'kcluster-balancer', on: 'same' },
  ],
  'kube-controller-manager': [{ process: 'kube-apiserver serves', on: 'any' }],
  'kube-scheduler': [{ process: 'kube-apiserver serves', on: 'any' }],
};

interface Span {
  readonly process: string;
  readonly host: string;
  readonly startMs: number;
  readonly readyMs: number;
}

const idOf = ({ process, host }: Pick<Span, 'process' | 'host'>): string => `${process}@${host}`;

/** Members of etcd wait for each other: before most of them were started, none could be ready. */
function quorumStartMs(units: readonly UnitTime[]): number {
  const starts = units.filter(({ unit }) => unit === 'etcd').map(({ startMs }) => startMs);
  return starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? Number.NEGATIVE_INFINITY;
}

/** systemd's `active` is the end of a start, but for the kubelet, which has done its work when its node is Ready. */
function spansOf({ units, servesAtMs, readyAtMs }: BringUpTimes): readonly Span[] {
  const quorumMs = quorumStartMs(units);
  return units.flatMap(({ host, unit: process, startMs, activeMs }): readonly Span[] => {
    if (process === 'etcd') return [{ process, host, startMs: Math.max(startMs, quorumMs), readyMs: activeMs }];
    if (process === 'kubelet') return [{ process, host, startMs, readyMs: readyAtMs.get(host) ?? Number.NaN }];
    const span = { process, host, startMs, readyMs: activeMs };
    if (process !== 'kube-apiserver') return [span];
    const readyMs = servesAtMs.get(host) ?? Number.NaN;
    return [span, { process: 'kube-apiserver serves', host, startMs: activeMs, readyMs }];
  });
}

/** The processes of a bring-up as stages, each with what it needs. */
export function clusterStages(times: BringUpTimes): readonly Stage[] {
  const spans = spansOf(times);
  const groupOf = (need: Need, host: string): readonly string[] =>
    spans.filter((span) => span.process === need.process && (need.on === 'any' || span.host === host)).map(idOf);
  return spans.map((span) => ({
    id: idOf(span),
    startMs: span.startMs,
    readyMs: span.readyMs,
    needs: (needs[span.process] ?? []).map((need) => groupOf(need, span.host)),
  }));
}
