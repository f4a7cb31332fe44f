import { describe, expect, test } from 'vitest';
import type { ServerAway } from '../../bench/probe-log.ts';
import { describeUpgrades, type UpgradeRound } from '../../bench/upgrade-report.ts';
import { cellsOf } from './cells-of.ts';

const away = (server: string, unready: number, silent: number): ServerAway => ({
  server,
  unready: { longestMs: unready * 1_000, totalMs: unready * 2_000 },
  silent: { longestMs: silent * 1_000, totalMs: silent * 2_000 },
});

const line = (part: string, steps: number, seconds: number, waitSeconds = 0) => ({ part, steps, seconds, waitSeconds });

const round = (kubeadm: number, kcluster: number, path: number): UpgradeRound => ({
  kubeadm: {
    seconds: kubeadm,
    hostCpuSeconds: 200,
    repeats: 1,
    parts: [
      { part: 'kubeadm upgrade k-cp1', seconds: kubeadm / 2 },
      { part: 'drain k-cp1', seconds: 10 },
      { part: 'kubeadm upgrade k-cp2', seconds: kubeadm / 4 },
    ],
    away: [away('k-cp1', 80, 70), away('k-cp2', 90, 60)],
  },
  kcluster: {
    stageSeconds: 20,
    seconds: kcluster,
    commandCpuSeconds: 5,
    hostCpuSeconds: 60,
    busyShare: 0.5,
    account: [line('starts, connects, looks, plans', 0, 3), line('etcd/run', 3, 9, 6), line('nodes/cordon', 5, 1)],
    path: { totalMs: path * 1_000, links: [] },
    away: [away('c-cp1', 9, 4), away('c-cp2', 8, 5)],
  },
  load: 0.5,
});

describe('a result', () => {
  const text = describeUpgrades({
    startedAt: '2026-03-01T10:00:00Z',
    kubernetes: '1.36.5 → 1.37.1',
    machine: { cores: 2, model: 'Some CPU', memoryGiB: 24, kernel: '6.1' },
    loadAtStart: 0.1,
    loadAtEnd: 2,
    rounds: [round(500, 100, 80), round(400, 120, 100)],
  });

  test('says when, where and from what to what', () => {
    expect(text).toContain('Measured on 2026-03-01 with Kubernetes 1.36.5 → 1.37.1 on 2 cores (Some CPU)');
  });

  test.each([
    ['kubeadm: upgraded (s)', ['500.0', '400.0', '450.0']],
    ['kcluster: upgraded (s)', ['100.0', '120.0', '110.0']],
    ['kcluster / kubeadm', ['0.20', '0.30', '0.25']],
    ['kcluster, sending included / kubeadm', ['0.24', '0.35', '0.29']],
    ['kcluster: upgraded / critical path', ['1.25', '1.20', '1.23']],
    ['kubeadm: an API server without /readyz, at a stretch (s)', ['90.0', '90.0', '90.0']],
    ['kcluster: an API server without /readyz, at a stretch (s)', ['9.0', '9.0', '9.0']],
    ['kcluster: an API server without an answer within a second, at a stretch (s)', ['5.0', '5.0', '5.0']],
    ['kcluster: busy share of this machine (%)', ['50', '50', '50']],
    ['kubeadm, k-cp1', ['80.0', '160.0', '70.0', '140.0']],
    ['kcluster, c-cp2', ['8.0', '16.0', '5.0', '10.0']],
    ['etcd/run', ['3', '9.00', '6.00']],
    ['nodes/cordon', ['5', '1.00', '']],
    ['starts, connects, looks, plans', ['', '3.00', '']],
    ['all', ['', '110.00', '90.00']],
    ['kubeadm upgrade', ['337.5', '225.0']],
    ['drain', ['10.0', '10.0']],
  ])('has a row "%s"', (title, cells) => {
    expect(cellsOf(text, title)).toEqual(cells);
  });
});
