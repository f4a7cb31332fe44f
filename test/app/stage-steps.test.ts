import { describe, expect, test } from 'vitest';
import { stageSteps } from '../../src/app/stage-steps.ts';
import { stageWorkflow } from '../../src/workflows/stage.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const stage = { workflow: stageWorkflow };

/** Paths that were sent, by host. */
const sentTo = (model: ModelCluster) => new Map([...model.hosts].map(([name, { machine }]) => [name, [...machine.uploads.keys()].sort()]));

describe('staging', { timeout: 60_000 }, () => {
  test('sends everything big to bare hosts, starts nothing, and makes no authority', async () => {
    const model = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
    const { applied, plan, session } = await runInit(model, memoryState(), {}, stage);
    expect(applied).toBe(true);
    expect(new Set(plan.steps.map(({ phase }) => phase))).toEqual(new Set(['host/own', 'artifacts/stage']));
    for (const { machine } of model.hosts.values()) {
      expect(machine.starts).toEqual([]);
      expect([...machine.texts.keys()]).toEqual(['/var/lib/kcluster/manifest.json']);
    }
    expect(session.secrets.digests().size).toBe(0);
  });

  test('what init sends to bare hosts is what it no longer sends to staged ones', async () => {
    const bare = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
    await runInit(bare);
    const staged = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
    await runInit(staged, memoryState(), {}, stage);
    expect(sentTo(staged)).toEqual(sentTo(bare));
    const before = new Map([...staged.hosts].map(([name, { machine }]) => [name, new Map(machine.uploads)]));
    expect((await runInit(staged)).applied).toBe(true);
    for (const [name, { machine }] of staged.hosts) expect(machine.uploads).toEqual(before.get(name));
  });

  test('a second time there is nothing to do, before and after init', async () => {
    const model = new ModelCluster(await load('single.yaml'));
    const state = memoryState();
    await runInit(model, state, {}, stage);
    expect((await runInit(model, state, {}, stage)).plan.steps).toEqual([]);
    await runInit(model, state);
    expect((await runInit(model, state, {}, stage)).plan.steps).toEqual([]);
  });

  test('only to the nodes that are named', async () => {
    const model = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
    const [first = '', second = ''] = model.hosts.keys();
    await runInit(model, memoryState(), { makeSteps: stageSteps([second]) }, stage);
    expect([...sentTo(model)].filter(([, paths]) => paths.length > 0).map(([name]) => name)).toEqual([second]);
    expect(first).not.toBe(second);
  });
});
