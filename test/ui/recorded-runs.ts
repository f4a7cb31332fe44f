import type { Action } from '../../src/engine/action.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import type { Plan, Step } from '../../src/engine/plan.ts';
import { StoppedError, UnreachableError } from '../../src/errors.ts';
import type { Output } from '../../src/ui/output.ts';

export const binary: Action = {
  kind: 'binary',
  component: 'etcd',
  version: '3.6.16',
  name: 'etcd',
  path: '/opt/kcluster/etcd/3.6.16/etcd',
  sha256: 'a'.repeat(64),
  sizeBytes: 26_214_400,
};
export const file: Action = {
  kind: 'file',
  path: '/etc/systemd/system/etcd.service',
  content: { text: '[Unit]\n' },
  mode: 0o644,
  owner: 'root',
  group: 'root',
  expected: 'absent',
  why: 'not there yet',
};
export const start: Action = { kind: 'unit', unit: 'etcd.service', op: 'start', inputs: [file.path], why: 'not running' };

export function makeStep(phase: string, node: string, extra: Partial<Step> = {}): Step {
  return {
    id: `${phase}@${node}`,
    phase,
    node,
    title: phase === 'etcd/run' ? 'Start etcd' : 'Install etcd',
    after: [],
    actions: [],
    gate: [],
    ...extra,
  };
}

export const installs = ['cp1', 'cp2', 'cp3'].map((node) => makeStep('etcd/install', node, { actions: [binary] }));
export const runs = ['cp1', 'cp2', 'cp3'].map((node) =>
  makeStep('etcd/run', node, {
    after: ['etcd/install@cp1', 'etcd/install@cp2', 'etcd/install@cp3'],
    actions: [file, start],
    gate: [{ title: 'etcd answers /readyz', deadlineMs: 120_000, test: { kind: 'http', url: 'http://127.0.0.1:2381/readyz' } }],
  }),
);

export const plan: Plan = {
  apiVersion: 'kcluster/v1alpha1',
  kind: 'Plan',
  workflow: 'init',
  cluster: 'demo',
  kclusterVersion: '0.1.0',
  inventorySha256: 'b'.repeat(64),
  nodes: ['cp1', 'cp2', 'cp3'],
  findings: [],
  maxUnavailable: '10%',
  steps: [...installs, ...runs],
};

const looked: readonly RunEvent[] = [
  { type: 'run-started', workflow: 'init', cluster: 'demo', runId: 'r1', nodes: plan.nodes },
  ...plan.nodes.map((node, index): RunEvent => ({ type: 'host-connected', node, atMs: 100 + index * 10 })),
  ...plan.nodes.map((node, index): RunEvent => ({ type: 'observed', node, atMs: 400 + index * 10, probes: 41 })),
];

/** Three hosts from nothing to running etcd. */
export const success: readonly RunEvent[] = [
  ...looked,
  { type: 'planned', plan, atMs: 500 },
  { type: 'artifact-progress', artifact: 'etcd 3.6.16', doneBytes: 1_048_576, totalBytes: 26_214_400 },
  { type: 'artifact-progress', artifact: 'etcd 3.6.16', doneBytes: 26_214_400, totalBytes: 26_214_400 },
  ...installs.flatMap((step): readonly RunEvent[] => [
    { type: 'step-started', step, atMs: 900 },
    { type: 'action-started', step, index: 0, atMs: 900 },
    { type: 'upload-progress', step, index: 0, sentBytes: 13_107_200, totalBytes: 26_214_400, atMs: 1400 },
    { type: 'upload-progress', step, index: 0, sentBytes: 26_214_400, totalBytes: 26_214_400, atMs: 1800 },
    { type: 'step-finished', step, atMs: 1900, tookMs: 1000 },
  ]),
  ...runs.flatMap((step): readonly RunEvent[] => [
    { type: 'step-started', step, atMs: 2000 },
    { type: 'waiting', step, condition: 'etcd answers /readyz', attempt: 1, lastError: 'connect ECONNREFUSED', atMs: 2100 },
    { type: 'waiting', step, condition: 'etcd answers /readyz', attempt: 2, lastError: 'connect ECONNREFUSED', atMs: 2400 },
    { type: 'waiting', step, condition: 'etcd answers /readyz', attempt: 3, lastError: 'status 503', atMs: 3000 },
    { type: 'step-finished', step, atMs: 4000, tookMs: 2000 },
  ]),
  { type: 'notice', level: 'warning', node: 'cp2', text: 'clock is 3 s behind' },
  { type: 'run-finished', outcome: 'done', changed: 9, atMs: 4100, roundTrips: { cp1: 4, cp2: 4, cp3: 4 } },
];

export const etcdFailed = new StoppedError('Start etcd: start etcd.service ended with status 1', {
  node: 'cp2',
  output: 'secret stderr of the host',
  remedy: 'Mend the cause on cp2 and run again.',
});

/** etcd does not start on one of three hosts; a later step of another host never runs. */
export const oneHostFails: readonly RunEvent[] = [
  ...looked,
  { type: 'planned', plan, atMs: 500 },
  ...installs.flatMap((step): readonly RunEvent[] => [
    { type: 'step-started', step, atMs: 900 },
    { type: 'step-finished', step, atMs: 1900, tookMs: 1000 },
  ]),
  ...runs.slice(0, 2).map((step): RunEvent => ({ type: 'step-started', step, atMs: 2000 })),
  { type: 'step-failed', step: runs[1] ?? makeStep('etcd/run', 'cp2'), atMs: 3000, error: etcdFailed },
  { type: 'step-finished', step: runs[0] ?? makeStep('etcd/run', 'cp1'), atMs: 4000, tookMs: 2000 },
  { type: 'step-skipped', step: runs[2] ?? makeStep('etcd/run', 'cp3'), atMs: 4000, because: 'etcd/run@cp2 failed' },
  { type: 'run-finished', outcome: 'failed', changed: 6, atMs: 4100, roundTrips: { cp1: 3, cp2: 3, cp3: 2 } },
];

export const unreachable = new UnreachableError('connect ETIMEDOUT 10.0.0.3:22', { node: 'cp3', remedy: 'Check the address.' });

/** One host cannot be reached; nothing is planned. */
export const oneHostMissing: readonly RunEvent[] = [
  { type: 'run-started', workflow: 'init', cluster: 'demo', runId: 'r1', nodes: plan.nodes },
  { type: 'host-connected', node: 'cp1', atMs: 100 },
  { type: 'host-connected', node: 'cp2', atMs: 110 },
  { type: 'observed', node: 'cp1', atMs: 300, probes: 41 },
  { type: 'observed', node: 'cp2', atMs: 310, probes: 41 },
  { type: 'host-failed', node: 'cp3', atMs: 5000, error: unreachable },
  { type: 'run-finished', outcome: 'failed', changed: 0, atMs: 5001, roundTrips: { cp1: 1, cp2: 1 } },
];

export interface FakeOutput extends Output {
  readonly writes: readonly string[];
  /** Everything written. */
  text(): string;
  /** Without what moved on the screen: only writes without an escape sequence. */
  still(): string;
}

export function makeOutput(extra: Partial<Output> = {}): FakeOutput {
  const writes: string[] = [];
  return {
    write: (text) => writes.push(text),
    isTTY: false,
    columns: 100,
    rows: 40,
    colors: false,
    closed: new AbortController().signal,
    writes,
    text: () => writes.join(''),
    still: () => writes.filter((text) => !text.includes('\u001b')).join(''),
    ...extra,
  };
}

/** Feeds a recorded run up to and with the first event that matches; the whole of it without a condition. */
export function until(events: readonly RunEvent[], matches: (event: RunEvent) => boolean): readonly RunEvent[] {
  const index = events.findIndex(matches);
  if (index < 0) throw new RangeError('no such event in the recorded run');
  return events.slice(0, index + 1);
}
