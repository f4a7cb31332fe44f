import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { pathsOf, pathTable } from '../../src/preflight/path-table.ts';
import { inventoryNames, readInventory } from '../app/support/mirrored-inventory.ts';
import { apart, one, sample, three } from '../components/sample.ts';
import { desiredOf } from './evidence.ts';

const endpoint = { endpoint: '192.0.2.5:6443' };
const everybody = (cluster: Cluster): ReadonlySet<string> => new Set(cluster.nodes.map(({ name }) => name));

/** `from>to ports`, sorted. */
function linesOf(cluster: Cluster, present = everybody(cluster)): readonly string[] {
  const pairs = Map.groupBy(pathsOf(desiredOf(cluster), present), ({ from, to }) => `${from}>${to}`);
  return [...pairs].map(([pair, paths]) => `${pair} ${paths.map(({ port }) => port).join(' ')}`).sort();
}

describe('who must reach whom', () => {
  test.each([
    ['one node talks to nobody', sample(one), []],
    [
      'stacked etcd: control planes reach everything of each other, workers the API servers',
      sample(three, endpoint),
      [
        'a>b 2379 2380 6443 10250',
        'a>c 2379 2380 6443 10250',
        'a>w 10250',
        'b>a 2379 2380 6443 10250',
        'b>c 2379 2380 6443 10250',
        'b>w 10250',
        'c>a 2379 2380 6443 10250',
        'c>b 2379 2380 6443 10250',
        'c>w 10250',
        'w>a 6443',
        'w>b 6443',
        'w>c 6443',
      ],
    ],
    [
      'external etcd: members reach each other, and API servers the members; workers no etcd, etcd no API server',
      sample(apart, { etcd: { topology: 'external' } }),
      [
        'cp>e1 2379',
        'cp>e2 2379',
        'cp>e3 2379',
        'cp>w 10250',
        'e1>e2 2380',
        'e1>e3 2380',
        'e2>e1 2380',
        'e2>e3 2380',
        'e3>e1 2380',
        'e3>e2 2380',
        'w>cp 6443',
      ],
    ],
  ] as const)('%s', (_, cluster, lines) => {
    expect(linesOf(cluster)).toEqual(lines);
  });

  test('nodes that take no part are no end of a path', () => {
    expect(linesOf(sample(three, endpoint), new Set(['a', 'w']))).toEqual(['a>w 10250', 'w>a 6443']);
  });

  test('pairs grow with control planes times nodes, not with the square of nodes', () => {
    const nodes = Array.from({ length: 60 }, (_, index) => ({
      name: `n${index}`,
      address: `192.0.2.${index + 1}`,
      roles: [index < 3 ? 'control-plane' : 'worker'],
    }));
    // Three control planes with 4 ports of the 2 others, and 57 workers that are asked by 3 and ask 3.
    expect(pathsOf(desiredOf(sample(nodes, endpoint)), everybody(sample(nodes, endpoint)))).toHaveLength(3 * 2 * 4 + 57 * 3 * 2);
  });
});

describe('the table', () => {
  test.each(inventoryNames)('has every TCP port that components of %s open for other nodes, under its component', async (name) => {
    const cluster = await readInventory(name);
    const desired = desiredOf(cluster);
    const open = cluster.nodes.flatMap((node) => desired.describe(node).flatMap(({ ports }) => ports));
    const outward = open.filter(({ reach, protocol }) => reach === 'nodes' && protocol === 'tcp');
    const known = pathTable.map(({ component, port }) => `${component} ${port}`);
    expect(outward.map(({ component, port }) => `${component} ${port}`).filter((row) => !known.some((each) => each === row))).toEqual([]);
  });

  test('says of every path what it is for', () => {
    for (const { why } of pathTable) expect(why).toMatch(/^[a-zA-Z].{10,}[^.]$/);
  });
});
