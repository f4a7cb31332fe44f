import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { planSteps } from '../../src/engine/make-plan.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import { observeAll } from '../../src/engine/observe.ts';
import type { Step } from '../../src/engine/plan.ts';
import { endOfLook } from '../../src/engine/probe-script.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { describePlan } from '../../src/ui/describe-plan.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { placementOf } from '../components/sample.ts';
import { goodFacts } from './support/good-facts.ts';
import { largeInventory } from './support/large-inventory.ts';

const artifact = { sha256: 'a'.repeat(64), sizeBytes: 1 };

/** The first bring-up of so many bare hosts; `described` counts how often a node was asked for its components. */
function planOf(count: number) {
  const cluster = largeInventory(count);
  const desired = desire(cluster, placementOf(cluster));
  const order: string[] = [];
  const observed = (name: string) => ({ ...emptyObservations(), facts: goodFacts(name) });
  const steps = planSteps({
    workflow: initWorkflow,
    desired: {
      ...desired,
      describe: (node) => {
        if (order.at(-1) !== node.name) order.push(node.name);
        return desired.describe(node);
      },
    },
    observations: new Map(cluster.nodes.map(({ name }) => [name, observed(name)])),
    context: () => ({
      secrets: new Map(),
      authorities: new Map(),
      now: new Date(0),
      renewBeforeDays: 30,
      binary: () => artifact,
      image: () => artifact,
    }),
  });
  return { cluster, steps, order };
}

/** Texts that a plan holds in memory: each value once, however many actions have it. */
function contentsOf(steps: readonly Step[]): readonly { readonly text: string }[] {
  const contents = steps.flatMap(({ actions }) =>
    actions.flatMap((action) => (action.kind === 'file' && 'text' in action.content ? [action.content] : [])),
  );
  return [...new Set(contents)];
}

const bytesOf = (contents: readonly { readonly text: string }[]): number => contents.reduce((sum, { text }) => sum + text.length, 0);
const sizes = [40, 80, 160] as const;
const plans = sizes.map(planOf) as [ReturnType<typeof planOf>, ReturnType<typeof planOf>, ReturnType<typeof planOf>];

/** What 80 more nodes add, over what 40 more add: 2 when every node adds the same. */
function growth(measure: (plan: ReturnType<typeof planOf>) => number): number {
  const [small, middle, large] = plans.map(measure) as [number, number, number];
  return (large - middle) / (middle - small);
}

describe('a plan grows with the number of nodes, not with its square', () => {
  test('bytes of distinct texts', () => {
    expect(growth(({ steps }) => bytesOf(contentsOf(steps)))).toBeCloseTo(2, 1);
  });

  test('actions', () => {
    expect(growth(({ steps }) => steps.flatMap(({ actions }) => actions).length)).toBeCloseTo(2, 1);
  });

  test('what steps wait for', () => {
    expect(growth(({ steps }) => steps.flatMap(({ after }) => after).length)).toBeCloseTo(2, 1);
  });

  test('its description', () => {
    expect(
      growth(({ cluster, steps }) => describePlan({ ...frame, nodes: cluster.nodes.map(({ name }) => name), steps }).length),
    ).toBeCloseTo(2, 1);
  });
});

const frame = {
  apiVersion: 'kcluster/v1alpha1',
  kind: 'Plan',
  workflow: 'init',
  cluster: 'sample',
  kclusterVersion: '0',
  inventorySha256: '',
  findings: [],
  maxUnavailable: '1',
} as const;

test('the list of routes is one value, whoever gets it', () => {
  const { steps, cluster } = plans[2];
  const lists = steps.flatMap(({ actions }) =>
    actions.flatMap((action) => (action.kind === 'file' && action.path === '/etc/kcluster/routes' ? [action.content] : [])),
  );
  expect([lists.length, new Set(lists).size]).toEqual([cluster.nodes.length, 1]);
});

test('planning goes node by node, so that one description is held at a time', () => {
  const { order, cluster } = plans[0];
  expect(order).toEqual(cluster.nodes.map(({ name }) => name));
});

test('hosts that are asked the same are asked with one script', async () => {
  const hosts = new Map(
    Array.from({ length: 50 }, (_, index) => [`n${index}`, new FakeHost(`n${index}`).on(/./, { stdout: `${endOfLook}\n` })]),
  );
  const probes = (name: string) => [{ kind: 'file', path: '/etc/a' } as const, ...(name === 'n7' ? [{ kind: 'etcd' } as const] : [])];
  const { observations } = await observeAll(hosts, probes, () => undefined);
  expect(new Set([...hosts.values()].map(({ sent }) => sent[0]?.script)).size).toBe(2);
  expect(new Set([...observations.values()].map(({ asked }) => asked)).size).toBe(2);
});
