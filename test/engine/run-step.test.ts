import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { movedStatus } from '../../src/engine/actions/shell-library.ts';
import { doneMark } from '../../src/engine/actions/step-script.ts';
import type { Condition } from '../../src/engine/condition.ts';
import { writeConditionScript } from '../../src/engine/condition-script.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import type { Step } from '../../src/engine/plan.ts';
import { runStep, type StepTools } from '../../src/engine/run-step.ts';
import { ArtifactError, ConnectionLostError, RefusedError, StoppedError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { material, stepOf } from './support/step-of.ts';

const binary: Action = {
  kind: 'binary',
  component: 'etcd',
  version: '3',
  name: 'etcd',
  path: '/opt/kcluster/etcd/3/etcd',
  sha256: 'aa',
  sizeBytes: 7,
};
const image: Action = { kind: 'image', reference: 'pause', sha256: 'bb', sizeBytes: 9 };
const enable: Action = { kind: 'unit', unit: 'toy.service', op: 'enable', inputs: [], why: '' };
const start: Action = { ...enable, op: 'start' };
const secret: Action = {
  kind: 'file',
  path: '/ca.key',
  content: { secret: 'ca.key' },
  mode: 0o600,
  owner: 'root',
  group: 'root',
  expected: 'absent',
  why: 'missing',
};

const anyStep = /kc_unmoved\(\)/;
const marks = (count: number): string => Array.from({ length: count }, (_, index) => `${doneMark} ${index}\n`).join('');

function toolsWith(more: Partial<StepTools> = {}) {
  const host = new FakeHost('n1');
  const controlPlaneHost = new FakeHost('cp1');
  const events: RunEvent[] = [];
  const prepared: Step[] = [];
  const tools: StepTools = {
    host,
    controlPlaneHosts: [controlPlaneHost],
    artifacts: { fileOf: (sha256) => `/cache/${sha256}` },
    prepare: async (step) => {
      prepared.push(step);
      return material;
    },
    runId: 'run-1',
    emit: (event) => events.push(event),
    elapsedMs: () => 5,
    signal: new AbortController().signal,
    ...more,
  };
  return { host, controlPlaneHost, events, prepared, tools };
}

test('all actions of a step are one round trip', async () => {
  const { host, prepared, tools } = toolsWith();
  host.on(anyStep, { stdout: marks(3) });
  const step = stepOf([secret, enable, start]);
  await runStep(step, tools);
  expect(host.roundTrips).toBe(1);
  expect(host.sent[0]).toMatchObject({ kind: 'run', title: 'toy/run@n1' });
  expect(host.sent[0]?.script).toContain('secret of ca.key');
  expect(prepared).toEqual([step]);
});

test('a step without actions and gate costs nothing', async () => {
  const { host, prepared, tools } = toolsWith();
  await runStep(stepOf([]), tools);
  expect([host.roundTrips, prepared]).toEqual([0, []]);
});

test('binaries and images are sent first, to where their actions expect them', async () => {
  const { host, events, tools } = toolsWith();
  host.on(anyStep);
  const step = stepOf([enable, binary, image]);
  await runStep(step, tools);
  expect(host.uploads).toEqual([
    { source: '/cache/aa', path: binary.path, sha256: 'aa', sizeBytes: 7, mode: 0o755 },
    { source: '/cache/bb', path: '/opt/kcluster/images/bb.tar', sha256: 'bb', sizeBytes: 9, mode: 0o600 },
  ]);
  expect(events).toEqual([
    { type: 'action-started', step, index: 1, atMs: 5 },
    { type: 'upload-progress', step, index: 1, sentBytes: 7, totalBytes: 7, atMs: 5 },
    { type: 'action-started', step, index: 2, atMs: 5 },
    { type: 'upload-progress', step, index: 2, sentBytes: 9, totalBytes: 9, atMs: 5 },
  ]);
});

describe('failures', () => {
  test.each([
    ['the first action', 0, 'Run toy: file /ca.key ended with status 4'],
    ['a later one', 1, 'Run toy: enable toy.service ended with status 4'],
    ['the last one', 2, 'Run toy: start toy.service ended with status 4'],
    ['what comes after all', 3, 'Run toy: its end ended with status 4'],
  ])('%s is named', async (_, done, message) => {
    const { host, tools } = toolsWith();
    host.on(anyStep, { code: 4, stdout: `Reading lists...\n${marks(done)}`, stderr: 'the whole story\n' });
    const error: unknown = await runStep(stepOf([secret, enable, start]), tools).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toMatchObject({
      message: `n1: ${message}`,
      details: { node: 'n1', output: 'the whole story\n', remedy: expect.any(String) },
    });
  });

  test.each([
    [{ kind: 'user', name: 'etcd', home: '/' }, 'user etcd'],
    [{ kind: 'daemon-reload' }, 'daemon-reload'],
    [{ kind: 'kube-apply', objects: [], why: '' }, 'kube-apply'],
    [{ kind: 'kube-cordon', node: 'w1', on: true }, 'kube-cordon w1'],
    [{ kind: 'module', name: 'overlay' }, 'module overlay'],
  ] as const)('%o is named', async (action, name) => {
    const { host, tools } = toolsWith();
    host.on(anyStep, { code: 1 });
    await expect(runStep(stepOf([action]), tools)).rejects.toThrow(`Run toy: ${name} ended with status 1`);
  });

  test('without space in etcd, the way out is said', async () => {
    const { host, tools } = toolsWith();
    host.on(anyStep, { code: 1, stderr: 'Error from server: etcdserver: mvcc: database space exceeded\n' });
    const error: unknown = await runStep(stepOf([start]), tools).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ details: { remedy: expect.stringContaining('kcluster etcd reclaim') } });
  });

  test('a host that moved is a refusal', async () => {
    const { host, tools } = toolsWith();
    host.on(anyStep, { code: movedStatus, stderr: '/ca.key is other, was observed as absent\n' });
    const run = runStep(stepOf([secret]), tools);
    await expect(run).rejects.toThrow(RefusedError);
    await expect(run).rejects.toThrow('n1: the host moved since it was observed: /ca.key is other, was observed as absent');
  });

  test('a file that cannot be sent: nothing is changed', async () => {
    const { host, prepared, tools } = toolsWith();
    host.failUploads(new ArtifactError('wrong checksum', { node: 'n1' }));
    await expect(runStep(stepOf([enable, binary]), tools)).rejects.toThrow(ArtifactError);
    expect([host.sent, prepared]).toEqual([[], []]);
  });

  test('a file that the cache has lost: nothing is changed', async () => {
    const { host, tools } = toolsWith({
      artifacts: {
        fileOf: () => {
          throw new ArtifactError('gone');
        },
      },
    });
    await expect(runStep(stepOf([binary]), tools)).rejects.toThrow(ArtifactError);
    expect(host.roundTrips).toBe(0);
  });

  test('a lost connection keeps its own error', async () => {
    const { host, tools } = toolsWith();
    host.on(anyStep, new ConnectionLostError('gone', { node: 'n1' }));
    await expect(runStep(stepOf([enable]), tools)).rejects.toThrow(ConnectionLostError);
  });

  test('interrupted while certificates are made: its script does not start', async () => {
    const controller = new AbortController();
    const { host, tools } = toolsWith({
      signal: controller.signal,
      prepare: async () => {
        controller.abort();
        return material;
      },
    });
    await expect(runStep(stepOf([enable]), tools)).rejects.toMatchObject({ name: 'AbortError' });
    expect(host.roundTrips).toBe(0);
  });

  test('interrupted while its script runs: the script comes to its end', async () => {
    const controller = new AbortController();
    const { host, tools } = toolsWith({ signal: controller.signal });
    host.on(anyStep, (_, options) => {
      controller.abort();
      expect(options.signal).toBeUndefined();
      return { stdout: marks(1) };
    });
    await runStep(stepOf([enable]), tools);
  });
});

describe('the gate', () => {
  const http: Condition = { title: 'toy answers', deadlineMs: 0, test: { kind: 'http', url: 'http://127.0.0.1:1/' } };
  const ready: Condition = { title: 'nodes are Ready', deadlineMs: 0, test: { kind: 'nodes-ready', nodes: ['n1'] } };
  const available: Condition = { title: 'DNS serves', deadlineMs: 0, test: { kind: 'deployment-available', name: 'kube-system/coredns' } };

  test('is awaited after the last action, in order; questions about the cluster go to a control plane', async () => {
    const { host, controlPlaneHost, tools } = toolsWith();
    host.on(anyStep).on(writeConditionScript(http.test));
    controlPlaneHost.on(writeConditionScript(ready.test)).on(writeConditionScript(available.test));
    await runStep(stepOf([enable], { gate: [http, ready, available] }), tools);
    expect(host.sent.map(({ title }) => title)).toEqual(['toy/run@n1', 'wait: toy answers']);
    expect(controlPlaneHost.sent.map(({ title }) => title)).toEqual(['wait: nodes are Ready', 'wait: DNS serves']);
  });

  test('a step may only wait', async () => {
    const { host, prepared, tools } = toolsWith();
    host.on(writeConditionScript(http.test));
    await runStep(stepOf([], { gate: [http] }), tools);
    expect([host.roundTrips, prepared]).toEqual([1, []]);
  });

  test('that does not come true fails the step, and what waits behind it is not asked', async () => {
    const { host, controlPlaneHost, events, tools } = toolsWith();
    host.on(writeConditionScript(http.test), { code: 1, stdout: 'no answer' });
    const step = stepOf([], { gate: [http, ready] });
    await expect(runStep(step, tools)).rejects.toThrow('n1: toy answers did not come true in 0 s: no answer');
    expect(controlPlaneHost.roundTrips).toBe(0);
    expect(events).toEqual([{ type: 'waiting', step, condition: 'toy answers', attempt: 1, lastError: 'no answer', atMs: 5 }]);
  });

  test('is not asked when an action failed', async () => {
    const { host, tools } = toolsWith();
    host.on(anyStep, { code: 1 });
    await expect(runStep(stepOf([enable], { gate: [http] }), tools)).rejects.toThrow(StoppedError);
    expect(host.roundTrips).toBe(1);
  });
});
