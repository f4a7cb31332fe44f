import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BenchResult } from '../../bench/bench-result.ts';
import { describeHaResult, type HaRound } from '../../bench/ha-report.ts';
import type { HaKclusterSample } from '../../bench/measure-ha-kcluster.ts';
import { modes } from '../../bench/modes.ts';
import { root } from '../../bench/paths.ts';
import { replaceFigures } from '../../bench/write-docs.ts';
import { cellsOf } from './cells-of.ts';

const sample = (readySeconds: number, pathSeconds: number): HaKclusterSample => ({
  readySeconds,
  commandSeconds: readySeconds + 8,
  commandCpuSeconds: 9,
  hostCpuSeconds: 20,
  busyShare: 0.915,
  sentBytes: 3.2e9,
  overture: { began: 0.2, connected: 0.3, observed: 0.4, planned: 0.5 },
  phases: [{ phase: 'etcd/run', startSeconds: 1, seconds: 2 }],
  uploads: { files: 80, bytes: 3e9, firstSeconds: 1, lastSeconds: 9 },
  stages: [
    { id: 'etcd@cp1', startMs: 1_000, readyMs: 1_500, needs: [] },
    { id: 'etcd@cp2', startMs: 1_250, readyMs: 2_500, needs: [] },
  ],
  path: { totalMs: pathSeconds * 1_000, links: [{ id: 'etcd@cp2', startMs: 1_250, readyMs: 2_500, ownMs: 1_250 }] },
  chain: [
    { step: 'etcd/install@cp2', startSeconds: 0.5, endSeconds: 1.2, sentBytes: 25e6 },
    { step: 'etcd/run@cp2', startSeconds: 1.2, endSeconds: 2.5, sentBytes: 0 },
  ],
});

const kubeadm = (readySeconds: number): HaRound['kubeadm'] => ({
  readySeconds,
  scriptSeconds: readySeconds - 1,
  scriptCpuSeconds: 0.2,
  hostCpuSeconds: 60,
  parts: [{ part: 'init', seconds: readySeconds / 4 }],
});

const resultOf = (...rounds: readonly HaRound[]): BenchResult<HaRound> => ({
  startedAt: '2026-03-01T10:00:00Z',
  kubernetes: '1.37.1',
  machine: { cores: 2, model: 'Some CPU', memoryGiB: 24, kernel: '6.1' },
  loadAtStart: 0.1,
  loadAtEnd: 2,
  rounds,
});

describe('a result', () => {
  const text = describeHaResult(
    resultOf(
      { kubeadm: kubeadm(60), bare: sample(30, 6), staged: sample(9, 6), load: 0.5 },
      { kubeadm: kubeadm(40), bare: sample(30, 10), staged: sample(8, 4), load: 1.5 },
    ),
  );

  test.each([
    ['kubeadm: all Ready (s)', ['60.0', '40.0', '50.0']],
    ['kcluster, bare hosts: all Ready (s)', ['30.0', '30.0', '30.0']],
    ['kcluster, bare hosts / kubeadm', ['0.50', '0.75', '0.63']],
    ['kcluster, staged hosts / kubeadm', ['0.15', '0.20', '0.17']],
    ['kcluster, staged hosts: all Ready / critical path', ['1.50', '2.00', '1.75']],
    ['kcluster, bare hosts: critical path (s)', ['6.0', '10.0', '8.0']],
    ['kcluster, bare hosts: all Ready / critical path', ['5.00', '3.00', '4.00']],
    ['kcluster, bare hosts: sent (MB)', ['3200', '3200', '3200']],
    ['kcluster, bare hosts: busy share of this machine (%)', ['92', '92', '92']],
    ['load average as the round began', ['0.5', '1.5', '1.0']],
    ['init', ['12.5']],
    ['etcd@cp2', ['1.25', '2.50', '1.25']],
    ['etcd', ['1.00', '2.50', '0.50', '1.25']],
    ['etcd/install@cp2', ['0.50', '0.70', '25']],
    ['etcd/run@cp2', ['1.20', '1.30', '']],
  ])('has a row "%s"', (title, cells) => {
    expect(cellsOf(text, title)).toEqual(cells);
  });
});

test.each(Object.entries(modes))('docs/benchmarks.md has a place for the figures of %s', async (_name, { section }) => {
  const document = await readFile(path.join(root, 'docs/benchmarks.md'), 'utf8');
  expect(replaceFigures(document, section, 'figures')).toContain(`<!-- ${section}: begin -->\n\nfigures\n<!-- ${section}: end -->`);
});
