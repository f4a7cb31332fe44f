import { beforeAll, describe, expect, test } from 'vitest';
import { planUpgrade } from '../../src/app/plan-upgrade.ts';
import { runUpgrade } from '../../src/app/run-upgrade.ts';
import type { Cluster, ComponentName, Node } from '../../src/cluster/cluster.ts';
import type { Action } from '../../src/engine/action.ts';
import type { PhaseId } from '../../src/engine/phase.ts';
import type { Step, StepId } from '../../src/engine/plan.ts';
import { rollbackWorkflow, upgradeLook, upgradeWorkflow } from '../../src/workflows/upgrade.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import type { ModelCluster } from '../app/support/model-cluster.ts';
import { asked, bringUpOld } from '../app/support/old-cluster.ts';
import { sample, three } from '../components/sample.ts';
import { ancestorsOf } from './plan-init.ts';

const load = useMirror();
let old: Awaited<ReturnType<typeof bringUpOld>>;
beforeAll(async () => {
  old = await bringUpOld(load);
}, 60_000);

const controlPlanes = ['cp-1', 'cp-2', 'cp-3'];
const workers = ['worker-1', 'worker-2'];
const everybody = [...controlPlanes, ...workers];
/** Whose unit files are written when it is their turn. */
const inTurn = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'containerd', 'kubelet', 'kube-proxy'] as const;

const plan = async (model?: ModelCluster, more: Partial<Cluster> = {}, choices: Partial<typeof asked> = {}): Promise<readonly Step[]> =>
  (await planUpgrade(await old.session(model, more), { ...asked, ...choices })).plan.steps;

const restartsOf = ({ actions }: Step): readonly string[] =>
  actions.flatMap((action) => (action.kind === 'unit' && (action.op === 'restart' || action.op === 'stop') ? [action.unit] : []));
const idsOf = (steps: readonly Step[]): readonly StepId[] => steps.map(({ id }) => id);
const at = (phase: PhaseId, nodes: readonly string[]): readonly StepId[] => nodes.map((node): StepId => `${phase}@${node}`);
const each = (phase: PhaseId, nodes: readonly string[]): readonly StepId[] => nodes.map((node): StepId => `${phase}-${node}@${node}`);

/** Those of the wanted steps that are not done before a step begins. */
function notAwaited(steps: readonly Step[], id: StepId, wanted: readonly StepId[]): readonly StepId[] {
  expect(idsOf(steps)).toEqual(expect.arrayContaining([id, ...wanted]));
  const before = ancestorsOf(steps).get(id);
  return wanted.filter((one) => before?.has(one) !== true);
}

/** Each of these waits for the one before it. */
function expectInLine(steps: readonly Step[], ids: readonly StepId[]): void {
  for (const [index, id] of ids.entries()) if (index > 0) expect([id, notAwaited(steps, id, ids.slice(0, index))]).toEqual([id, []]);
}

const withEnv = (node: Node, env: Readonly<Record<string, string>>): Node => ({
  ...node,
  components: Object.fromEntries(
    Object.entries(node.components).map(([name, settings]) => [name, inTurn.some((one) => one === name) ? { ...settings, env } : settings]),
  ) as Record<ComponentName, Node['components'][ComponentName]>,
});

describe('the table of contents', () => {
  const order = { members: ['b', 'c', 'a'], servers: ['b', 'c', 'a'], drain: { timeoutSeconds: 1, force: false } };
  const workflow = upgradeWorkflow({ ...order, batches: [[{ node: 'a', drains: true }], [{ node: 'w', drains: false }]] });

  test('is this', () => {
    expect(workflow.phases.map(({ id }) => id)).toMatchInlineSnapshot(`
      [
        "host/own",
        "artifacts/stage",
        "images/import",
        "host/prepare",
        "host/units",
        "pki/authorities",
        "etcd/run-b",
        "etcd/run-c",
        "etcd/run-a",
        "etcd/run",
        "balancer/run",
        "kube-apiserver/run",
        "kubectl/install",
        "kubectl/run",
        "cluster/objects",
        "nodes/distrust",
        "kube-controller-manager/run",
        "kube-scheduler/run",
        "nodes/cordon-a",
        "nodes/drain-a",
        "containerd/run-a",
        "kubelet/run-a",
        "kube-proxy/run-a",
        "nodes/uncordon-a",
        "containerd/run-w",
        "kubelet/run-w",
        "kube-proxy/run-w",
        "nodes/uncordon-w",
        "containerd/run",
        "kubelet/run",
        "kube-proxy/run",
        "network/run",
        "crictl/install",
        "etcd/tools",
        "backup/run",
        "nodes/register",
        "coredns/apply",
        "balancer/settle",
        "nodes/trust",
        "host/settle",
        "releases/prune",
        "host/finish",
      ]
    `);
  });

  test('names every phase once, and in `after` only what stands before', () => {
    const before = new Set<string>();
    for (const { id, after = [] } of workflow.phases) {
      expect(before).not.toContain(id);
      expect([id, after.map(({ phase }) => phase).filter((phase) => !before.has(phase))]).toEqual([id, []]);
      before.add(id);
    }
  });

  test('is gone backwards by a rollback: nodes, then what must not be newer than API servers, then these, then etcd', () => {
    const ids = rollbackWorkflow({ ...order, batches: [[{ node: 'a', drains: true }], [{ node: 'w', drains: true }]] }).phases.map(
      ({ id }) => id,
    );
    const places = (
      [
        'artifacts/stage',
        'nodes/cordon-w',
        'kubelet/run-w',
        'nodes/uncordon-w',
        'nodes/cordon-a',
        'nodes/uncordon-a',
        'kube-controller-manager/run',
        'kube-apiserver/run',
        'etcd/run-b',
        'etcd/run-a',
        'coredns/apply',
      ] as const
    ).map((id) => ids.indexOf(id));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    const there = upgradeWorkflow({ ...order, batches: [[{ node: 'a', drains: true }], [{ node: 'w', drains: true }]] });
    // On the way back nothing is removed: where it leads may still be needed.
    expect([...ids, 'releases/prune'].sort()).toEqual(there.phases.map(({ id }) => id).sort());
  });

  test('is looked at with every member and every node, and drains nobody', () => {
    const cluster = sample(three);
    const ids = upgradeLook(cluster).phases.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['a', 'b', 'c', 'w'].map((name) => `kubelet/run-${name}`)));
    expect(ids).toEqual(expect.arrayContaining(['a', 'b', 'c'].map((name) => `etcd/run-${name}`)));
    expect(ids.filter((id) => id.startsWith('nodes/drain'))).toEqual([]);
  });
});

describe('three control planes and two workers, by one minor', () => {
  let steps: readonly Step[];
  beforeAll(async () => {
    steps = await plan();
  });

  test('every step comes after steps that stand before it', () => {
    const before = new Set<string>();
    for (const { id, after } of steps) {
      expect([id, after.filter((dependency) => !before.has(dependency))]).toEqual([id, []]);
      before.add(id);
    }
  });

  test('nothing that restarts runs before everything is staged everywhere', async () => {
    const model = old.model.copy();
    for (const host of model.hosts.values()) host.machine.images?.clear();
    const withImages = await plan(model);
    const staged = [...at('artifacts/stage', everybody), ...at('images/import', everybody)];
    const restarting = withImages.filter((step) => restartsOf(step).length > 0);
    expect(restarting).toHaveLength(3 + 3 + 2 * 3 + 2 * 5);
    for (const { id } of restarting) expect([id, notAwaited(withImages, id, staged)]).toEqual([id, []]);
  });

  test('members of etcd: followers, then the lead is moved, then the leader', () => {
    expectInLine(steps, [...each('etcd/run', ['cp-2', 'cp-3']), 'etcd/yield@cp-1', 'etcd/run-cp-1@cp-1']);
    expect(steps.find(({ id }) => id === 'etcd/yield@cp-1')?.actions).toEqual([
      { kind: 'etcd-move-leader', to: expect.any(String), toName: 'cp-2' },
    ]);
  });

  test('API servers after all of etcd, one at a time, in the order of the members', () => {
    expectInLine(steps, at('kube-apiserver/run', ['cp-2', 'cp-3', 'cp-1']));
    expect(notAwaited(steps, 'kube-apiserver/run@cp-2', each('etcd/run', controlPlanes))).toEqual([]);
  });

  test.each(['kube-controller-manager/run', 'kube-scheduler/run'] as const)('%s after all API servers, one at a time', (phase) => {
    expectInLine(steps, at(phase, controlPlanes));
    expect(notAwaited(steps, `${phase}@cp-1`, at('kube-apiserver/run', controlPlanes))).toEqual([]);
  });

  test('nodes after the whole control plane, one by one, each through all of its turn', () => {
    for (const part of ['kubelet/run', 'kube-proxy/run'] as const) {
      const turn = (node: string): readonly StepId[] => [
        `nodes/cordon-${node}@cp-1`,
        `nodes/drain-${node}@cp-1`,
        ...each(part, [node]),
        `nodes/uncordon-${node}@cp-1`,
      ];
      expectInLine(steps, everybody.flatMap(turn));
    }
    const control = (['kube-controller-manager/run', 'kube-scheduler/run'] as const).flatMap((phase) => at(phase, controlPlanes));
    expect(notAwaited(steps, 'nodes/cordon-cp-1@cp-1', control)).toEqual([]);
  });

  test('a batch is taken side by side, after the control planes', async () => {
    const wide = await plan(undefined, {}, { maxUnavailable: '2' } as object);
    const ancestors = ancestorsOf(wide);
    for (const [one, other] of [workers, workers.toReversed()]) {
      expect([...(ancestors.get(`nodes/uncordon-${one}@cp-1`) ?? [])].filter((id) => id.includes(`-${other}@`))).toEqual([]);
      expect(notAwaited(wide, `nodes/cordon-${one}@cp-1`, ['nodes/uncordon-cp-3@cp-1'])).toEqual([]);
    }
  });

  test('a node is swapped only once it is drained, and takes pods again only once it is Ready', () => {
    for (const node of everybody) {
      for (const part of ['kubelet', 'kube-proxy']) {
        expect(notAwaited(steps, `${part}/run-${node}@${node}`, [`nodes/drain-${node}@cp-1`])).toEqual([]);
      }
      expect(steps.find(({ id }) => id === `nodes/uncordon-${node}@cp-1`)?.gate.map(({ test: asks }) => asks)).toEqual([
        { kind: 'nodes-ready', nodes: [node] },
        { kind: 'workloads-back', node },
      ]);
    }
  });
});

describe('what is written when', () => {
  let steps: readonly Step[];
  beforeAll(async () => {
    const { cluster } = old.model.desired;
    steps = await plan(undefined, { nodes: cluster.nodes.map((node) => withEnv(node, { GODEBUG: 'http2client=0' })) });
  });
  const unitOf = (action: Action): string | undefined =>
    action.kind === 'file' ? /^\/etc\/systemd\/system\/([^/]+)$/.exec(action.path)?.[1] : undefined;

  test.each(inTurn)('the unit file of %s is written by the step that restarts it, and by no other', (component) => {
    const unit = `${component}.service`;
    const writing = steps.filter(({ actions }) => actions.some((action) => unitOf(action) === unit));
    expect(writing.length).toBe(component === 'containerd' || component.startsWith('kubelet') || component === 'kube-proxy' ? 5 : 3);
    for (const step of writing) {
      expect(step.phase).toMatch(new RegExp(`^${component}/run`));
      expect(restartsOf(step)).toEqual([unit]);
      const kinds = step.actions.map((action) => unitOf(action) ?? action.kind);
      expect(kinds.indexOf('daemon-reload')).toBeGreaterThan(kinds.indexOf(unit));
      expect(kinds.at(-1)).toBe('unit');
    }
  });

  test('every restart of a step that can be taken back keeps first what the step replaces', () => {
    const restarting = steps.filter((step) => restartsOf(step).some((unit) => inTurn.some((component) => unit === `${component}.service`)));
    expect(restarting).toHaveLength(3 * 4 + 5 * 3);
    for (const step of restarting) {
      const [keep, ...rest] = step.actions;
      if (keep?.kind !== 'keep') throw new Error(`${step.id} keeps nothing`);
      expect(keep.units).toEqual(restartsOf(step));
      const written = rest.flatMap((action) => (action.kind === 'file' || action.kind === 'link' ? [action.path] : []));
      expect([step.id, written.filter((path) => !keep.paths.includes(path))]).toEqual([step.id, []]);
    }
    const names = restarting.map(({ node, actions: [keep] }) => `${node} ${keep?.kind === 'keep' ? keep.name : ''}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('of etcd, which keeps its release', () => {
  const pinned = (node: Node): Node => ({
    ...node,
    components: { ...node.components, etcd: { ...node.components.etcd, version: '3.6.16' } },
  });
  const nodes = () => old.model.desired.cluster.nodes.map(pinned);
  const ofEtcd = (steps: readonly Step[]): readonly StepId[] => idsOf(steps).filter((id) => /^etcd\/(run|yield)/.test(id));

  test('nothing is restarted, and nobody moves the lead', async () => {
    expect(ofEtcd(await plan(undefined, { nodes: nodes() }))).toEqual([]);
  });

  test('members that are restarted for another reason are led by another one meanwhile, too', async () => {
    const steps = await plan(undefined, { nodes: nodes().map((node) => withEnv(node, { GODEBUG: 'x=1' })) });
    expect(ofEtcd(steps)).toEqual([...each('etcd/run', ['cp-2', 'cp-3']), 'etcd/yield@cp-1', 'etcd/run-cp-1@cp-1']);
    expectInLine(steps, ofEtcd(steps));
  });
});

describe('taken up again', () => {
  /** What is left after a run that was killed behind so many steps that did something. */
  async function leftAfter(count: number): Promise<readonly Step[]> {
    const model = old.model.copy();
    model.stepsLeft = count;
    const running = runUpgrade(await old.session(model), { ...asked });
    if (Number.isFinite(count)) await expect(running).rejects.toMatchObject({ exitCode: 4 });
    else await running;
    model.stepsLeft = Number.POSITIVE_INFINITY;
    return plan(model);
  }

  test.each([5, 10, 11, 12, 14, 15, 17, 20, 27, 30, 33, 44])('after %i steps, what is left is done in the same order', async (count) => {
    const [whole, left] = [await plan(), await leftAfter(count)];
    const ids = idsOf(left);
    expect(ids.length).toBeLessThanOrEqual(whole.length - count + 2);
    // API servers follow the members, and somebody else may lead by then.
    const anyServer = (id: StepId): string => (id.startsWith('kube-apiserver/run@') ? 'kube-apiserver/run' : id);
    const [asPlanned, asLeft] = [idsOf(whole).filter((id) => ids.includes(id)), ids.filter((id) => idsOf(whole).includes(id))];
    expect(asLeft.toSorted()).toEqual(asPlanned.toSorted());
    expect(asLeft.map(anyServer)).toEqual(asPlanned.map(anyServer));
    for (const step of left.filter((one) => restartsOf(one).length > 0)) expect(step.actions[0]?.kind).toBe('keep');
  });

  test('with the lead moved: the new leader is new already, and stays', async () => {
    const ids = idsOf(await leftAfter(13)).filter((id) => id.startsWith('etcd/'));
    expect(ids).toEqual(['etcd/run-cp-1@cp-1']);
  });

  test('with a node cordoned and drained, it is swapped and takes pods again', async () => {
    const first: StepId = 'nodes/drain-cp-1@cp-1';
    const whole = idsOf(await plan());
    const left = await leftAfter(whole.indexOf(first) + 1);
    expect(idsOf(left).slice(0, 4)).toEqual([first, 'kubelet/run-cp-1@cp-1', 'kube-proxy/run-cp-1@cp-1', 'nodes/uncordon-cp-1@cp-1']);
  });

  test('done: nothing is left', async () => {
    expect(await leftAfter(Number.POSITIVE_INFINITY)).toEqual([]);
  });
});

describe('of another shape', () => {
  test('alone: nobody to give the lead to, and its own API server after its member', async () => {
    const single = await bringUpOld(load, 'single.yaml');
    const { steps } = (await planUpgrade(await single.session(), asked)).plan;
    expect(idsOf(steps).filter((id) => /^(etcd|kube-apiserver|nodes)\//.test(id))).toEqual([
      'etcd/run-node-1@node-1',
      'kube-apiserver/run@node-1',
      'nodes/cordon-node-1@node-1',
      'nodes/drain-node-1@node-1',
      'nodes/uncordon-node-1@node-1',
    ]);
    expectInLine(steps, ['artifacts/stage@node-1', 'etcd/run-node-1@node-1', 'kube-apiserver/run@node-1', 'nodes/cordon-node-1@node-1']);
  });

  test('members on machines of their own: all of them before the first API server, and no kubelet there', async () => {
    const apart = await bringUpOld(load, 'external-etcd.yaml');
    const { steps } = (await planUpgrade(await apart.session(), asked)).plan;
    const members = steps.filter(({ phase }) => phase.startsWith('etcd/run-'));
    expect(members.length).toBe(3);
    const servers = idsOf(steps.filter(({ phase }) => phase === 'kube-apiserver/run'));
    expectInLine(steps, [...idsOf(members), ...servers]);
    for (const { node } of members) expect(steps.filter((step) => step.node === node && step.phase.startsWith('kubelet'))).toEqual([]);
  });
});
