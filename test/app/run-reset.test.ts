import { describe, expect, test } from 'vitest';
import { type ResetChoices, runReset } from '../../src/app/run-reset.ts';
import type { Session } from '../../src/app/session.ts';
import { hostPaths } from '../../src/engine/host-paths.ts';
import { ConfigurationError, ConnectionLostError, RefusedError, UnconfirmedError, UnreachableError } from '../../src/errors.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import type { ModelHost } from './support/model-host.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const state = memoryState();

/** A cluster of one control plane and two workers that was brought up. */
async function founded(): Promise<ModelCluster> {
  const model = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
  await runInit(model, state);
  return model;
}

const wanted: ResetChoices = { nodes: [], keepEtcdData: false, dryRun: false, confirm: async () => undefined };

async function reset(model: ModelCluster, choices: Partial<ResetChoices> = {}, more: Partial<Session> = {}) {
  const session = await openModelSession(model, { state, verb: 'reset', ...more });
  const result = await runReset(session, { ...wanted, ...choices });
  return { ...result, session };
}

function hostOf(model: ModelCluster, name: string): ModelHost {
  const host = model.hosts.get(name);
  if (host === undefined) throw new Error(`no ${name}`);
  return host;
}
const holds = (model: ModelCluster, name: string): boolean => hostOf(model, name).machine.files.has(hostPaths.manifest);
const names = ['cp-1', 'worker-1', 'worker-2'];

describe('reset', { timeout: 60_000 }, () => {
  test('takes everything away on all nodes, and finds nothing to do the next time, without a lock', async () => {
    const model = await founded();
    const { plan, applied, session } = await reset(model);
    expect([applied, plan.nodes, plan.workflow]).toEqual([true, names, 'reset']);
    expect(names.map((name) => holds(model, name))).toEqual([false, false, false]);
    expect([...hostOf(model, 'cp-1').machine.users]).toEqual([]);
    expect(session.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'done' });
    const again = await reset(model, { confirm: () => Promise.reject(new Error('asked')) });
    expect([again.plan.steps, again.applied]).toEqual([[], false]);
    expect(again.session.events.at(-1)).toMatchObject({ outcome: 'nothing-to-do', changed: 0 });
  });

  test('of one worker leaves the others alone, and says that the cluster goes on', async () => {
    const model = await founded();
    const ends: boolean[] = [];
    const { plan } = await reset(model, { nodes: ['worker-2'], confirm: async (_, end) => void ends.push(end) });
    expect([plan.nodes, ends]).toEqual([['worker-2'], [false]]);
    expect(names.map((name) => holds(model, name))).toEqual([true, true, false]);
  });

  test('of all nodes says that the cluster ends, and stops at a no', async () => {
    const model = await founded();
    const ends: boolean[] = [];
    const refused = reset(model, {
      confirm: async (_, end) => {
        ends.push(end);
        throw new UnconfirmedError('no');
      },
    });
    await expect(refused).rejects.toThrow(UnconfirmedError);
    expect([ends, names.map((name) => holds(model, name))]).toEqual([[true], [true, true, true]]);
  });

  test('of the only member while its cluster goes on is no subset: it ends the cluster', async () => {
    const model = await founded();
    const { applied } = await reset(model, { nodes: ['cp-1'] });
    expect([applied, holds(model, 'cp-1'), holds(model, 'worker-1')]).toEqual([true, false, true]);
  });

  test('that is only planned changes nothing, and names what will stay', async () => {
    const model = await founded();
    const done = model.done.length;
    const { plan, applied, session } = await reset(model, { dryRun: true });
    expect([applied, plan.steps.length > 5, model.done.length]).toEqual([false, true, done]);
    const texts = session.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(texts).toEqual(
      expect.arrayContaining([expect.stringContaining('kernel modules stay loaded until the next boot: br_netfilter')]),
    );
  });

  test.each([0, 1, 5, 40, 120, 200])('that lost its connections after %i actions is finished by running it again', async (actions) => {
    const model = await founded();
    model.actionsLeft = actions;
    await expect(reset(model)).rejects.toThrow(ConnectionLostError);
    model.actionsLeft = Number.POSITIVE_INFINITY;
    await reset(model);
    expect(names.map((name) => holds(model, name))).toEqual([false, false, false]);
    expect((await reset(model)).plan.steps).toEqual([]);
  });

  test('afterwards init brings the cluster up again', async () => {
    const model = await founded();
    await reset(model);
    model.nodes.clear();
    const { applied } = await runInit(model, state);
    expect([applied, holds(model, 'worker-1')]).toEqual([true, true]);
  });

  test('names directories that hold something of others', async () => {
    const model = await founded();
    const { files } = hostOf(model, 'worker-1').machine;
    files.set('/etc/kubernetes/theirs', { type: 'file', mode: 0o644, owner: 'root', group: 'root', sizeBytes: 1 });
    const { session } = await reset(model);
    expect(session.events).toContainEqual({
      type: 'notice',
      level: 'warning',
      node: 'worker-1',
      text: 'left in place, since they hold what kcluster did not put there: /etc/kubernetes',
    });
  });

  test('makes no secret, and reads none from hosts', async () => {
    const model = await founded();
    const empty = memoryState();
    await reset(model, {}, { state: empty });
    expect(empty.files.size).toBe(0);
  });
});

describe('refused', { timeout: 60_000 }, () => {
  test('a host of another cluster, before anything is changed anywhere', async () => {
    const model = await founded();
    const done = model.done.length;
    const { texts } = hostOf(model, 'worker-1').machine;
    texts.set(hostPaths.manifest, (texts.get(hostPaths.manifest) ?? '').replace('"cluster": "dev"', '"cluster": "theirs"'));
    await expect(reset(model)).rejects.toMatchObject({ exitCode: 8, message: 'worker-1: the host belongs to cluster theirs, not to dev' });
    await expect(reset(model, { nodes: ['worker-1'] })).rejects.toThrow(RefusedError);
    expect(model.done.length).toBe(done);
    // It does not keep others from being reset.
    expect((await reset(model, { nodes: ['worker-2'] })).applied).toBe(true);
  });

  test('a host with another authority', async () => {
    const model = await founded();
    const { files } = hostOf(model, 'worker-1').machine;
    const seen = files.get('/etc/kubernetes/pki/ca.crt');
    if (seen !== undefined) files.set('/etc/kubernetes/pki/ca.crt', { ...seen, sha256: 'f'.repeat(64) });
    await expect(reset(model)).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('another one has the same name') });
  });

  test('a manifest that cannot be read', async () => {
    const model = await founded();
    hostOf(model, 'worker-1').machine.texts.set(hostPaths.manifest, '{');
    await expect(reset(model)).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('cannot be understood') });
    expect((await reset(model, { nodes: ['worker-2'] })).applied).toBe(true);
  });

  test('names that the inventory does not have', async () => {
    const model = await founded();
    await expect(reset(model, { nodes: ['worker-3'] })).rejects.toThrow(ConfigurationError);
  });

  test('a node that is declared down', async () => {
    const model = await founded();
    const nodes = model.desired.cluster.nodes.map((node) => (node.name === 'worker-1' ? { ...node, state: 'down' as const } : node));
    await expect(reset(model, { nodes: ['worker-1'] }, { cluster: { ...model.desired.cluster, nodes } })).rejects.toMatchObject({
      exitCode: 2,
    });
  });

  test('a host that does not answer, unless it is left alone', async () => {
    const model = await founded();
    const unreachable = [new UnreachableError('away', { node: 'worker-1' })];
    const hosts = new Map([...model.hosts].filter(([name]) => name !== 'worker-1'));
    await expect(reset(model, {}, { unreachable, hosts })).rejects.toMatchObject({ exitCode: 4 });
    expect((await reset(model, { nodes: ['worker-2'] }, { unreachable, hosts })).applied).toBe(true);
  });
});
