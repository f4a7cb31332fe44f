import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../src/app/session.ts';
import Apply from '../../src/commands/apply.ts';
import Plan from '../../src/commands/plan.ts';
import type { Plan as PlanValue } from '../../src/engine/plan.ts';
import { type MemoryState, memoryState } from '../app/support/memory-state.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { ModelCluster } from '../app/support/model-cluster.ts';
import { openModelSession } from '../app/support/model-session.ts';
import { runInit } from '../app/support/run-init.ts';
import { temporaryPlaces } from '../app/support/temporary-place.ts';
import { runCommand } from './support/run-command.ts';

vi.mock('../../src/app/session.ts');
vi.setConfig({ testTimeout: 60_000 });

const load = useMirror();
const newPlace = temporaryPlaces();
let model: ModelCluster;
let state: MemoryState;
let file: string;

/** A control plane that is a cluster; both workers are bare. */
beforeEach(async () => {
  const cluster = await load('one-control-plane-two-workers.yaml');
  model = new ModelCluster(cluster);
  state = memoryState();
  file = path.join(newPlace(), 'plan.json');
  const hosts = new Map([...model.hosts].filter(([name]) => name === 'cp-1'));
  await runInit(model, state, {}, { cluster: { ...cluster, nodes: cluster.nodes.filter(({ name }) => name === 'cp-1') }, hosts });
  model.done.length = 0;
  vi.mocked(openSession).mockImplementation(({ emit, signal, verb }: SessionOptions) =>
    openModelSession(model, { state, onEvent: emit, signal, verb }),
  );
}, 60_000);

const saved = (): PlanValue => JSON.parse(readFileSync(file, 'utf8')) as PlanValue;
const registered = (): readonly string[] => [...model.nodes.keys()].sort();

describe('a saved plan of a join', () => {
  test('is carried out as it was reviewed: only who was named joins', async () => {
    expect((await runCommand(Plan, 'join', 'worker-2', '-o', file)).code).toBe(0);
    expect(saved()).toMatchObject({ workflow: 'join', joining: ['worker-2'] });
    expect(saved().steps.some(({ node }) => node === 'worker-1')).toBe(false);
    expect(model.done).toEqual([]);
    const applied = await runCommand(Apply, file, '--yes');
    expect(applied.code, applied.err).toBe(0);
    expect(registered()).toEqual(['cp-1', 'worker-2']);
  });

  test('of everybody, where nobody is named', async () => {
    await runCommand(Plan, 'join', '-o', file);
    expect(saved().joining).toEqual([]);
    expect((await runCommand(Apply, file, '--yes')).code).toBe(0);
    expect(registered()).toEqual(['cp-1', 'worker-1', 'worker-2']);
    expect((await runCommand(Plan, 'join')).out).toContain('Nothing to do');
    expect((await runCommand(Apply, file, '--yes')).code).toBe(8);
  });

  test.each<[string, (plan: PlanValue) => object]>([
    [
      'a host moved',
      (plan) => {
        model.hosts.get('worker-2')?.machine.users.add('etcd');
        model.hosts.get('worker-2')?.machine.modules.add('overlay');
        return plan;
      },
    ],
    ['another node is named in it', (plan) => ({ ...plan, joining: ['worker-1'] })],
    ['it is called one of init', (plan) => ({ ...plan, workflow: 'init' })],
    ['a step was taken out', (plan) => ({ ...plan, steps: plan.steps.slice(1) })],
  ])('is refused with 8 when %s', async (_, move) => {
    await runCommand(Plan, 'join', 'worker-2', '-o', file);
    writeFileSync(file, JSON.stringify(move(saved())));
    const { code, err } = await runCommand(Apply, file, '--yes');
    expect([code, err]).toEqual([8, expect.stringContaining('make a new plan')]);
    expect([model.done, registered()]).toEqual([[], ['cp-1']]);
  });

  test('--detailed-exitcode ends with 10 while somebody is to join', async () => {
    expect(await runCommand(Plan, 'join', '--detailed-exitcode')).toMatchObject({
      code: 10,
      err: expect.stringContaining('no part of the cluster yet'),
    });
  });
});

test.each([
  ['a node that is not there', ['join', 'worker-9'], 'no node worker-9 in the inventory'],
  ['nodes for init', ['init', 'worker-1'], 'init is planned for all nodes'],
  ['another verb', ['reset'], 'Expected reset to be one of: init, join'],
])('%s ends with 2', async (_, words, message) => {
  expect(await runCommand(Plan, ...words)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
});
