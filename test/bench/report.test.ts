import { describe, expect, test } from 'vitest';
import type { BenchResult } from '../../bench/bench-result.ts';
import type { KclusterSample } from '../../bench/measure-kcluster.ts';
import { type BenchRound, describeResult, readyRatio } from '../../bench/report.ts';
import { markdownTable, median } from '../../bench/table.ts';
import { replaceFigures } from '../../bench/write-docs.ts';

test.each([
  [[], Number.NaN],
  [[3], 3],
  [[9, 1, 5], 5],
  [[10, 2, 4, 100], 7],
])('the median of %j is %d', (numbers, expected) => {
  expect(median(numbers)).toBe(expected);
});

test('a table is aligned, its first column to the left', () => {
  expect(markdownTable(['what', 'n'], [['a', '10']])).toBe('| what |   n |\n| ---- | --: |\n| a    |  10 |\n');
});

const sample = (readySeconds: number, hosts = 1): KclusterSample => ({
  hosts,
  readySeconds,
  commandSeconds: readySeconds + 5,
  commandCpuSeconds: 4,
  hostCpuSeconds: Number.NaN,
  overture: { began: 0.3, connected: 0.4, observed: 0.5, planned: 0.6 },
  phases: [
    { phase: 'etcd/run', startSeconds: 2, seconds: readySeconds },
    { phase: 'etcd/install', startSeconds: 1, seconds: 0.5 },
  ],
  uploads: { files: 2, bytes: 3e6, firstSeconds: 1, lastSeconds: 2 },
  second: { seconds: 0.7, roundTrips: { cp1: 1, w1: 2 } },
});

const round = (kcluster: number, kubeadm: number): BenchRound => ({
  kcluster: sample(kcluster),
  kubeadm: { readySeconds: kubeadm, commandSeconds: kubeadm + 1, hostCpuSeconds: 4, steps: [] },
  threeHosts: sample(kcluster * 2, 3),
  load: 0.5,
});

const result: BenchResult<BenchRound> = {
  startedAt: '2026-03-01T10:00:00Z',
  kubernetes: '1.37.1',
  machine: { cores: 2, model: 'Some CPU', memoryGiB: 24, kernel: '6.1' },
  loadAtStart: 0.1,
  loadAtEnd: 2,
  rounds: [round(6, 4), round(8, 4), round(5, 3)],
};

describe('a result', () => {
  const text = describeResult(result);
  const row = (title: string): readonly string[] => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`| ${title}`)) ?? '';
    return line
      .split('|')
      .slice(2, -1)
      .map((cell) => cell.trim());
  };

  test('compares medians, not rounds', () => {
    expect(readyRatio(result.rounds)).toBe(1.5);
    expect(text).toContain('until the node is Ready, median / median: **1.50**');
    expect(text).toContain('Three hosts / one host: **2.00**');
  });

  test.each([
    ['kcluster init: node Ready', ['6.0', '8.0', '5.0', '6.0']],
    ['kubeadm init: node Ready', ['4.0', '4.0', '3.0', '4.0']],
    ['second run: round trips per host', ['2', '2', '2', '2']],
    ['kcluster: CPU time of the host', ['–', '–', '–', '–']],
    ['etcd/run', ['2.00', '6.00']],
    ['plan is made', ['0.60', '']],
  ])('has a row "%s"', (title, cells) => {
    expect(row(title)).toEqual(cells);
  });

  test('lists phases in the order in which they begin', () => {
    expect(text.indexOf('| etcd/install')).toBeLessThan(text.indexOf('| etcd/run'));
  });

  test('says on what it was measured', () => {
    expect(text).toContain(
      '2026-03-01 with Kubernetes 1.37.1 on 2 cores (Some CPU), 24 GiB, Linux 6.1; load average 0.1 at the start, 2.0 at the end',
    );
  });
});

describe('figures in a document', () => {
  const marked = 'before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n';

  test('replace what is between the markers, again and again', () => {
    const once = replaceFigures(marked, 'figures', 'new');
    expect(once).toBe('before\n<!-- figures: begin -->\n\nnew\n<!-- figures: end -->\nafter\n');
    expect(replaceFigures(once, 'figures', 'new')).toBe(once);
  });

  test.each(['no markers', '<!-- figures: end --><!-- figures: begin -->'])('are refused by %j', (document) => {
    expect(() => replaceFigures(document, 'figures', 'new')).toThrow(RangeError);
  });
});
