import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { checks } from '../../src/preflight/checks.ts';
import { preflightProbes } from '../../src/preflight/preflight.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { place } from '../../src/workflows/place.ts';
import { inventoryNames, readInventory } from '../app/support/mirrored-inventory.ts';
import { apart, sample, three } from '../components/sample.ts';
import { findingsOf, linesOf, observe } from './situation.ts';

const cluster = sample(three, { endpoint: '192.0.2.5:6443' });
const bad = { a: { facts: { cpus: 1, swapBytes: 1 } }, w: { facts: { swapBytes: 1 } } };

test.each(inventoryNames)('good machines for %s pass every check', async (name) => {
  expect(findingsOf(await readInventory(name))).toEqual([]);
});

describe('findings', () => {
  test('come in the order of the checks, then of the nodes', () => {
    expect(linesOf(cluster, bad)).toEqual(['error a NumCPU: 1 processor', 'error a Swap: swap is on', 'error w Swap: swap is on']);
  });

  test('of a host that was not looked at are not made up', () => {
    expect(linesOf(cluster, { ...bad, w: undefined })).toEqual(['error a NumCPU: 1 processor', 'error a Swap: swap is on']);
  });

  test('that are waived by name are warnings, on every node; others stay errors', () => {
    expect(linesOf(cluster, bad, ['Swap'])).toEqual([
      'error a NumCPU: 1 processor',
      'warning a Swap: swap is on',
      'warning w Swap: swap is on',
    ]);
  });

  test('are not waived by a name that is almost theirs', () => {
    expect(linesOf(cluster, bad, ['swap', 'Swap ', 'all', ''])).toEqual(linesOf(cluster, bad));
  });
});

describe('what is looked at', () => {
  const kindsOf = (name: string, of = cluster) => new Set(preflightProbes(of, nodeNamed(of, name)).map(({ kind }) => kind));

  test('facts, listeners, leftovers and the way to the other nodes', () => {
    expect(kindsOf('w')).toEqual(new Set(['facts', 'route', 'endpoint', 'listeners', 'unit', 'file', 'entries']));
  });

  test.each(inventoryNames)('every unit that holds a port for %s: it is ours also where the verb starts none', async (name) => {
    const of = await readInventory(name);
    const desired = desire(of, place(of, selectVersions(of), observe(of)));
    for (const node of of.nodes) {
      const asked = preflightProbes(of, node).flatMap((probe) => (probe.kind === 'unit' ? [probe.unit] : []));
      const holders = desired.describe(node).filter(({ ports }) => ports.length > 0);
      expect(asked.sort()).toEqual(holders.map(({ unit }) => unit).sort());
    }
  });

  test('no way to other nodes where the network does not need it, nor from machines for etcd', () => {
    const external = sample(apart, { endpoint: '192.0.2.5:6443', etcd: { topology: 'external' } });
    expect(kindsOf('e1', external)).toEqual(new Set(['facts', 'listeners', 'unit', 'file']));
    expect(kindsOf('w', sample(three, { endpoint: '192.0.2.5:6443', network: { plugin: 'none' } }))).not.toContain('route');
  });

  test('the endpoint, where there is one, by the authority of the cluster once it has one', () => {
    const endpoint = {
      kind: 'endpoint',
      host: '192.0.2.5',
      port: 6443,
      path: '/readyz',
      caFile: '/etc/kubernetes/pki/ca.crt',
      serverName: 'kubernetes',
    };
    expect(preflightProbes(cluster, nodeNamed(cluster, 'a'))).toContainEqual(endpoint);
    expect(preflightProbes(cluster, nodeNamed(cluster, 'w'), 'PEM')).toContainEqual({ ...endpoint, authority: 'PEM' });
    expect([...kindsOf('w', sample(three))]).not.toContain('endpoint');
  });

  test('the way to at most 20 others, never to the node itself', () => {
    const nodes = Array.from({ length: 40 }, (_, index) => ({
      name: `n${index}`,
      address: `192.0.2.${index + 1}`,
      roles: [index === 0 ? 'control-plane' : 'worker'],
    }));
    const large = sample(nodes);
    const routes = preflightProbes(large, nodeNamed(large, 'n5')).flatMap((probe) => (probe.kind === 'route' ? [probe.address] : []));
    expect(routes).toHaveLength(20);
    expect(routes).not.toContain('192.0.2.6');
  });
});

test('checks are no phases: their names cannot be mixed up', () => {
  const phases = new Set<string>(initWorkflow.phases.map(({ id }) => id));
  expect(checks.filter(({ id }) => phases.has(id))).toEqual([]);
});
