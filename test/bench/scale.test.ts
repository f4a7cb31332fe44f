import { describe, expect, test } from 'vitest';
import { parsePeak, type ScaleCase, type ScaleResult } from '../../bench/measure-scale.ts';
import { recordedAnswer } from '../../bench/recorded-answer.ts';
import { scaleInventory } from '../../bench/scale-inventory.ts';
import { describeScale } from '../../bench/scale-report.ts';
import { replaceFigures } from '../../bench/write-docs.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import { type Probe, probeKey } from '../../src/engine/probe.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';

test('the inventory is valid, three of its nodes are control planes', () => {
  const cluster = parseInventory(scaleInventory({ nodes: 300, mirror: '/m' }), 'scale.yaml');
  expect(cluster.nodes).toHaveLength(300);
  expect(cluster.nodes.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name)).toEqual([
    'node-0001',
    'node-0002',
    'node-0003',
  ]);
  expect(new Set(cluster.nodes.map(({ address }) => address)).size).toBe(300);
});

test.each([
  ['peak memory: 2048 KiB\n0m1.0s 0m0.1s\n', 2_097_152],
  ['nothing', Number.NaN],
])('peak memory of %j', (stderr, bytes) => {
  expect(parsePeak(stderr)).toBe(bytes);
});

test('a recorded answer holds what was asked, and nothing else', () => {
  const probes: readonly Probe[] = [
    { kind: 'content', path: '/asked' },
    { kind: 'route', address: '192.0.2.1' },
  ];
  const seen = {
    ...emptyObservations(),
    asked: new Set(probes.map(probeKey)),
    contents: new Map([
      ['/asked', 'yes'],
      ['/other', 'no'],
    ]),
  };
  const answer = readObservations(probes, recordedAnswer(seen));
  expect(answer.contents).toEqual(new Map([['/asked', 'yes']]));
  expect(answer.onLink).toEqual(new Map([['192.0.2.1', true]]));
});

describe('the report', () => {
  const sample = (nodes: number, factor: number) => ({
    wallSeconds: (nodes / 100) * factor,
    cpuSeconds: nodes / 50,
    peakBytes: nodes * 1e6,
    summary: '',
    load: factor,
  });
  const result = (nodes: number, scene: ScaleCase): ScaleResult => ({
    nodes,
    scene,
    samples: [1, 2, 3].map((factor) => sample(nodes, factor)),
  });
  const text = describeScale({
    startedAt: '2026-03-01T10:00:00Z',
    machine: { cores: 2, model: 'Some CPU', memoryGiB: 24, kernel: '6.1' },
    results: [10, 100, 1_000].flatMap((nodes) => [result(nodes, 'bare'), result(nodes, 'converged')]),
  });

  test('has a column a size, medians, and how much the largest takes of the one before', () => {
    expect(text).toContain('|                             | 10 hosts | 100 hosts | 1000 hosts | 1000 : 100 |\n');
    expect(text).toContain('| plan, bare hosts (s)        |      0.2 |       2.0 |       20.0 |       10.0 |\n');
    expect(text).toContain('| plan, nothing to do (MB)    |       10 |       100 |       1000 |       10.0 |\n');
  });

  test('says on what and how often', () => {
    expect(text).toContain('Measured on 2026-03-01 on 2 cores (Some CPU), 24 GiB, Linux 6.1; medians of 3; load average from 1.0 to 3.0.');
  });

  test('goes into its own part of a document', () => {
    const document = 'a\n<!-- figures: begin -->\nold\n<!-- figures: end -->\n<!-- scale: begin -->\nold\n<!-- scale: end -->\n';
    expect(replaceFigures(document, 'scale', 'new\n')).toBe(
      'a\n<!-- figures: begin -->\nold\n<!-- figures: end -->\n<!-- scale: begin -->\n\nnew\n\n<!-- scale: end -->\n',
    );
  });
});
