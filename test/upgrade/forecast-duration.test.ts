import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import type { Step } from '../../src/engine/plan.ts';
import { forecastStages, startProbes } from '../../src/upgrade/forecast-duration.ts';
import { one, sample, three } from '../components/sample.ts';
import { stepOf } from '../engine/support/step-of.ts';

const mebibyte = 1024 ** 2;
const unit = (name: string, op: 'restart' | 'start' = 'restart'): Action => ({
  kind: 'unit',
  unit: `${name}.service`,
  op,
  inputs: [],
  why: '',
});
const step = (phase: string, node: string, ...actions: readonly Action[]): Step => stepOf(actions, { id: `${phase}@${node}`, phase, node });
const restart = (phase: string, node: string): Step => step(phase, node, unit(phase.replace(/\/.*/, '')));
const drain = (node: string): Step => step(`nodes/drain-${node}`, 'a', { kind: 'kube-drain', node, timeoutSeconds: 60, force: false });

/** Milliseconds of earlier starts, `unit@node`. */
const remembering = (starts: Readonly<Record<string, number>>) =>
  new Map(
    ['a', 'b', 'c', 'w', 'n1'].map((node) => {
      const mine = Object.entries(starts).filter(([key]) => key.endsWith(`@${node}`));
      return [node, { ...emptyObservations(), startsMs: new Map(mine.map(([key, ms]) => [`${key.split('@')[0]}.service`, ms])) }];
    }),
  );

const cluster = sample(three);
const stages = (steps: readonly Step[], starts = {}, of = cluster) =>
  forecastStages(of, steps, remembering(starts)).map(({ what, away, seconds }) => `${what}: ${seconds} s; ${away}`);

test.each<[string, readonly Step[], Readonly<Record<string, number>>, readonly string[]]>([
  ['nothing to do', [], {}, []],
  ['what restarts nothing', [step('etcd/run-a', 'a', unit('etcd', 'start'))], {}, []],
  [
    'members, by their last starts, and five seconds where nobody remembers',
    ['a', 'b', 'c'].map((node) => restart(`etcd/run-${node}`, node)),
    { 'etcd@a': 1200, 'etcd@b': 3 },
    ['members of etcd, one after the other (3): 14 s; one member at a time, 7 s'],
  ],
  [
    'API servers, with the time in which balancers are told',
    ['a', 'b'].map((node) => restart('kube-apiserver/run', node)),
    { 'kube-apiserver@a': 9000, 'kube-apiserver@b': 12_500 },
    ['API servers, one after the other (2): 34 s; one API server at a time, 19 s'],
  ],
  [
    'controller managers and schedulers',
    ['kube-controller-manager/run', 'kube-scheduler/run'].map((phase) => restart(phase, 'a')),
    {},
    ['controller managers and schedulers (2): 4 s; one of each at a time; another one leads'],
  ],
  [
    'nodes that keep their pods, each once whatever restarts on it',
    [restart('containerd/run-w', 'w'), restart('kubelet/run-w', 'w'), restart('kube-proxy/run-w', 'w'), restart('containerd/run-a', 'a')],
    { 'containerd@w': 1000, 'kubelet@w': 2000, 'containerd@a': 1000 },
    ['nodes (2): 14 s; kubelets for some seconds; pods go on'],
  ],
  [
    'nodes that are drained',
    [drain('w'), restart('kubelet/run-w', 'w'), restart('kubelet/run-a', 'a')],
    { 'kubelet@w': 1000, 'kubelet@a': 1000 },
    ['nodes (2): 27 s; the nodes of a batch; their pods run elsewhere'],
  ],
])('%s', (_, steps, starts, expected) => {
  expect(stages(steps, starts)).toEqual(expected);
});

describe('what is sent', () => {
  const image = { reference: 'r', sha256: 'aa', sizeBytes: 100 * mebibyte };
  test.each<[string, readonly Action[], readonly string[]]>([
    [
      'an archive that is imported afterwards counts once',
      [
        { kind: 'image-archive', ...image },
        { kind: 'image', ...image, isStaged: true },
      ],
      ['2'],
    ],
    ['an image that was not staged counts', [{ kind: 'image', ...image }], ['2']],
    [
      'a started second counts whole',
      [{ kind: 'binary', component: 'etcd', version: '3', name: 'etcd', path: '/e', sha256: 'a', sizeBytes: 1 }],
      ['1'],
    ],
    ['nothing', [{ kind: 'link', path: '/a', target: '/b', expected: 'absent' }], []],
  ])('%s', (_, actions, seconds) => {
    expect(stages([step('artifacts/stage', 'w', ...actions)])).toEqual(
      seconds.map((each) => `send artifacts to all hosts: ${each} s; nothing`),
    );
  });
});

test('where there is one of a kind, all of it is away', () => {
  const steps = ['etcd/run-n1', 'kube-apiserver/run', 'kube-scheduler/run'].map((phase) => restart(phase, 'n1'));
  expect(stages(steps, { 'etcd@n1': 1000, 'kube-apiserver@n1': 1000 }, sample(one))).toEqual([
    'members of etcd, one after the other (1): 3 s; etcd, and the API with it, 3 s',
    'API servers, one after the other (1): 7 s; the API, 7 s',
    'controller managers and schedulers (1): 2 s; each for some seconds',
  ]);
});

test('every unit whose start is counted is asked about', () => {
  expect(startProbes.map((probe) => (probe.kind === 'start-time' ? probe.unit : ''))).toEqual(
    ['etcd', 'kube-apiserver', 'kubelet', 'containerd'].map((name) => `${name}.service`),
  );
});
