import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../src/app/session.ts';
import NodesCordon from '../../src/commands/nodes/cordon.ts';
import NodesDrain from '../../src/commands/nodes/drain.ts';
import NodesList from '../../src/commands/nodes/list.ts';
import NodesUncordon from '../../src/commands/nodes/uncordon.ts';
import type { PodSeen } from '../../src/engine/kube-pods.ts';
import { UnreachableError } from '../../src/errors.ts';
import { type MemoryState, memoryState } from '../app/support/memory-state.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { ModelCluster } from '../app/support/model-cluster.ts';
import { openModelSession } from '../app/support/model-session.ts';
import { runInit } from '../app/support/run-init.ts';
import { runCommand } from './support/run-command.ts';

vi.mock('../../src/app/session.ts');
vi.setConfig({ testTimeout: 30_000 });

const load = useMirror();
let model: ModelCluster;
let state: MemoryState;

const openOver = (hosts = model.hosts, unreachable: readonly UnreachableError[] = []): void => {
  vi.mocked(openSession).mockImplementation(({ emit, signal, verb }: SessionOptions) =>
    openModelSession(model, { state, onEvent: emit, signal, verb, hosts, unreachable }),
  );
};
const pod = (name: string, more: Partial<PodSeen> = {}): PodSeen => ({
  namespace: 'd',
  name,
  phase: 'Running',
  labels: { app: 'web' },
  controller: { kind: 'ReplicaSet', name: 'web-1' },
  hasEmptyDir: false,
  isMirror: false,
  ...more,
});
const { controller: _, ...bare } = pod('bare');
const isCordoned = (name: string): unknown => (model.nodes.get(name)?.spec as { unschedulable?: boolean } | undefined)?.unschedulable;

beforeEach(async () => {
  model = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
  state = memoryState();
  await runInit(model, state);
  model.done.length = 0;
  openOver();
}, 60_000);

describe('cordon and uncordon', () => {
  test('through a control-plane host, once', async () => {
    expect(await runCommand(NodesCordon, 'worker-1', 'worker-2', 'worker-1', '--yes')).toMatchObject({
      code: 0,
      out: 'worker-1, worker-2: cordoned\n',
    });
    expect([isCordoned('worker-1'), isCordoned('worker-2'), isCordoned('cp-1')]).toEqual([true, true, undefined]);
    expect(model.done).toEqual(['nodes/cordon@cp-1: kube-cordon', 'nodes/cordon@cp-1: kube-cordon']);
    expect(await runCommand(NodesCordon, 'worker-1')).toMatchObject({ code: 0, out: 'nothing to do\n' });
    expect(await runCommand(NodesUncordon, 'worker-1', '--yes')).toMatchObject({ code: 0, out: 'worker-1: schedulable again\n' });
    expect(isCordoned('worker-1')).toBe(false);
  });

  test('asks first; a dry run shows and changes nothing', async () => {
    expect(await runCommand(NodesCordon, 'worker-1')).toMatchObject({ code: 9, out: expect.stringContaining('cordon worker-1') });
    expect(await runCommand(NodesCordon, 'worker-1', '--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringContaining('cordon worker-1'),
    });
    expect(model.done).toEqual([]);
  });

  test('--json prints events only', async () => {
    const { out } = await runCommand(NodesCordon, 'worker-1', '--yes', '--json');
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'done', changed: 1 });
  });

  test.each([
    ['worker-l', 'the cluster has no node worker-l; did you mean "worker-1"?'],
    ['nonsense', 'the cluster has no node nonsense; known: cp-1, worker-1, worker-2'],
  ])('%s is unknown', async (name, message) => {
    expect(await runCommand(NodesCordon, 'worker-1', name, '--yes')).toMatchObject({ code: 2, err: expect.stringContaining(message) });
    expect(model.done).toEqual([]);
  });

  test('a node that has not joined is told apart', async () => {
    model.nodes.delete('worker-2');
    expect(await runCommand(NodesCordon, 'worker-2', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('worker-2 is in the inventory, but has not joined the cluster'),
    });
  });

  test('the node itself may be away; a control plane may not', async () => {
    const gone = new UnreachableError('no route to host', { node: 'worker-1' });
    openOver(new Map([...model.hosts].filter(([name]) => name !== 'worker-1')), [gone]);
    expect((await runCommand(NodesCordon, 'worker-1', '--yes')).code).toBe(0);
    openOver(new Map([...model.hosts].filter(([name]) => name !== 'cp-1')), [new UnreachableError('no route to host', { node: 'cp-1' })]);
    expect(await runCommand(NodesCordon, 'worker-2', '--yes')).toMatchObject({
      code: 4,
      err: expect.stringContaining('cp-1: no route to host'),
    });
    expect(vi.mocked(openSession).mock.lastCall?.[0].tolerant).toBe(true);
  });

  test('no API server answers', async () => {
    const host = model.hosts.get('cp-1');
    if (host !== undefined) host.override = { kubeNodes: undefined };
    expect(await runCommand(NodesCordon, 'worker-1', '--yes')).toMatchObject({
      code: 5,
      err: expect.stringContaining('no API server of the cluster answers'),
    });
  });

  test('authorities that only hosts hold are taken over, never made anew', async () => {
    const authority = state.files.get('pki/ca.crt');
    state = memoryState();
    expect((await runCommand(NodesCordon, 'worker-1', '--yes')).code).toBe(0);
    expect(state.files.get('pki/ca.crt')).toBe(authority);
  });
});

describe('drain', () => {
  test('cordons all nodes, then drains one after the other', async () => {
    model.pods.set('worker-1', [pod('a'), pod('agent', { controller: { kind: 'DaemonSet', name: 'agent' } })]);
    model.pods.set('worker-2', [pod('b')]);
    expect(await runCommand(NodesDrain, 'worker-1', 'worker-2', '--yes')).toMatchObject({
      code: 0,
      out: 'worker-1, worker-2: drained and cordoned\n',
    });
    expect(model.done).toEqual([
      'nodes/cordon@cp-1: kube-cordon',
      'nodes/cordon@cp-1: kube-cordon',
      'nodes/drain-worker-1@cp-1: kube-drain',
      'nodes/drain-worker-2@cp-1: kube-drain',
    ]);
    expect(model.plan?.steps.map(({ after }) => after)).toEqual([[], ['nodes/cordon@cp-1'], ['nodes/drain-worker-1@cp-1']]);
    expect(model.pods.get('worker-1')?.map(({ name }) => name)).toEqual(['agent']);
    expect(await runCommand(NodesDrain, 'worker-1')).toMatchObject({ code: 0, out: 'nothing to do\n' });
  });

  test('what it means is shown before it is asked for', async () => {
    model.pods.set('worker-1', [pod('a', { hasEmptyDir: true })]);
    model.singles.add('ReplicaSet/d/web-1');
    const { code, out } = await runCommand(NodesDrain, 'worker-1', '--drain-timeout', '1m30s');
    expect(code).toBe(9);
    expect(out).toContain('evict the pods of worker-1, for at most 1m30s');
    expect(out).toContain('worker-1: data in emptyDir volumes is lost: d/a [DrainEmptyDir]');
    expect(out).toContain('[DrainSingleReplica]');
    expect(model.done).toEqual([]);
  });

  test('bare pods refuse it, all nodes named, unless forced', async () => {
    model.pods.set('worker-1', [bare]);
    model.pods.set('worker-2', [{ ...bare, name: 'b2' }]);
    const { code, err } = await runCommand(NodesDrain, 'worker-1', 'worker-2', '--yes');
    expect(code).toBe(8);
    expect(err).toContain('worker-1: pods without a controller, which nobody makes again: d/bare');
    expect(err).toContain('d/b2');
    expect(err).toContain('--force');
    expect(model.done).toEqual([]);
    expect((await runCommand(NodesDrain, 'worker-1', '--yes', '--force')).code).toBe(0);
    expect(model.pods.get('worker-1')).toEqual([]);
  });

  test('a drain that lasts too long is not reported as a host that is away: a budget that holds pods ends it with 5; the node stays cordoned, the next one is not begun', async () => {
    model.pods.set('worker-1', [pod('a')]);
    model.pods.set('worker-2', [pod('b', { namespace: 'e' })]);
    model.budgets.push({ namespace: 'd', name: 'web', disruptionsAllowed: 0, selector: { matchLabels: { app: 'web' } } });
    const { code, err } = await runCommand(NodesDrain, 'worker-1', 'worker-2', '--yes');
    expect([code, err]).toEqual([5, expect.stringContaining('worker-1 stays cordoned')]);
    expect(err).toContain('kcluster nodes uncordon worker-1');
    expect(isCordoned('worker-1')).toBe(true);
    expect(model.pods.get('worker-2')).toHaveLength(1);
  });

  test('the API that does not tell the pods is not taken for one without', async () => {
    const host = model.hosts.get('cp-1');
    if (host !== undefined) host.override = { kubePods: undefined };
    expect(await runCommand(NodesDrain, 'worker-1', '--yes')).toMatchObject({
      code: 5,
      err: expect.stringContaining('the API does not say which pods run on worker-1'),
    });
    expect(model.done).toEqual([]);
  });

  test('a name that is not known is told before pods are asked for', async () => {
    expect(await runCommand(NodesDrain, 'worker-9', '--yes')).toMatchObject({ code: 2, err: expect.stringContaining('did you mean') });
  });

  test.each(['', '5', 'x5s', '5m ', '0s', '25h', '1.5h', '-5s'])('%j is no time', async (text) => {
    expect(await runCommand(NodesDrain, 'worker-1', `--drain-timeout=${text}`)).toMatchObject({ code: 2 });
    expect(model.done).toEqual([]);
  });
});

describe('list', () => {
  test('a table, and a wide one', async () => {
    model.pods.set('worker-1', [pod('a'), pod('b')]);
    const { code, out, err } = await runCommand(NodesList);
    expect([code, out]).toEqual([0, expect.stringMatching(/^cp-1 +control-plane,etcd +Ready +schedulable +.* yes$/m)]);
    expect(err).not.toContain('Error');
    expect((await runCommand(NodesList, '-o', 'wide')).out).toMatch(/^worker-1 .* 2$/m);
  });

  test('JSON and YAML say the same', async () => {
    const { nodes } = JSON.parse((await runCommand(NodesList, '-o', 'json')).out) as { nodes: object[] };
    expect(nodes).toMatchObject([{ node: 'cp-1', etcdMember: true }, { node: 'worker-1' }, { node: 'worker-2', state: 'Ready' }]);
    expect((await runCommand(NodesList, '-o', 'yaml')).out).toContain('nodes:\n  - node: cp-1\n');
  });

  test('hosts that are away are shown, and told apart', async () => {
    openOver(new Map([...model.hosts].filter(([name]) => name !== 'worker-1')), [
      new UnreachableError('no route to host', { node: 'worker-1' }),
    ]);
    const { code, out, err } = await runCommand(NodesList);
    expect([code, out]).toEqual([0, expect.stringMatching(/^worker-1 .* unreachable /m)]);
    expect(err).toContain('worker-1: no route to host');
  });
});
