import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BackupRound, describeBackup } from '../../bench/backup-report.ts';
import type { BenchResult } from '../../bench/bench-result.ts';
import { awaySeconds, parsePlain } from '../../bench/measure-backup.ts';
import { modes } from '../../bench/modes.ts';
import { root } from '../../bench/paths.ts';
import type { TimedEvent } from '../../bench/run-events.ts';
import { replaceFigures } from '../../bench/write-docs.ts';

const round = (saveSeconds: number): BackupRound => ({
  backup: {
    storeBytes: 1.08e9,
    plainSaveSeconds: 4,
    plainStatusSeconds: 1,
    plainRestoreSeconds: 6,
    fetchSeconds: 5,
    sendSeconds: 3,
    saveSeconds,
    savePeakBytes: 121e6,
    restoreSeconds: 15,
    restorePeakBytes: 122e6,
    awaySeconds: 7,
    idlePeakBytes: 99e6,
  },
  load: 0.5,
});
const resultOf = (...rounds: readonly BackupRound[]): BenchResult<BackupRound> => ({
  startedAt: '2026-11-26T12:00:00.000Z',
  kubernetes: '1.37.1',
  machine: { cores: 2, model: 'Model', memoryGiB: 24, kernel: '6.1' },
  loadAtStart: 0.1,
  loadAtEnd: 0.9,
  rounds,
});

describe('what the host told', () => {
  test('nanoseconds and bytes', () => {
    expect(parsePlain('save 4200000000\nstatus 100000000\nrestore 900000000\nbytes 1080000512\n')).toEqual({
      storeBytes: 1_080_000_512,
      plainSaveSeconds: 4.2,
      plainStatusSeconds: 0.1,
      plainRestoreSeconds: 0.9,
    });
  });

  test.each(['', 'save 1\nbytes 2\n', 'save x\nstatus 1\nrestore 1\nbytes 2\n'])('a figure is missing in %j', (text) => {
    expect(() => parsePlain(text)).toThrow(RangeError);
  });
});

test('the API is away from its fence until it is ready again', () => {
  const event = (atMs: number, type: string, phase: string): TimedEvent => ({ atMs, event: { type, phase } });
  const events = [
    event(1_000, 'step-started', 'restore/fence'),
    event(1_500, 'step-finished', 'restore/fence'),
    event(4_000, 'step-started', 'kube-apiserver/run'),
    event(9_000, 'step-finished', 'kube-apiserver/run'),
  ];
  expect(awaySeconds(events)).toBe(8);
  expect(awaySeconds(events.slice(0, 2))).toBeNaN();
});

describe('the report', () => {
  test('every round, the median and the ratio', () => {
    const text = describeBackup(resultOf(round(5), round(4.4), round(6)));
    expect(text).toMatch(/^Measured on 2026-11-26 with Kubernetes 1\.37\.1 on 2 cores/);
    expect(text).toMatch(/\| size of the store \(MB\) +\| +1080 \| +1080 \| +1080 \| +1080 \|/);
    expect(text).toMatch(/\| kcluster \/ etcdctl +\| +1\.25 \| +1\.10 \| +1\.50 \| +1\.25 \|/);
    expect(text).toMatch(/\| kcluster \/ all three +\| +0\.50 \| +0\.44 \| +0\.60 \| +0\.50 \|/);
    expect(text).toMatch(/\| kcluster \/ sent, status, restore +\| +1\.50 \|/);
    expect(text).toMatch(/\| memory of the save \(MB\) +\| +121 \|/);
  });

  test('a product that makes no backups has dashes', () => {
    expect(describeBackup(resultOf(round(Number.NaN)))).toMatch(/\| kcluster etcd snapshot save \(s\) +\| +– \| +– \|/);
  });

  test('has its place in the document', async () => {
    const document = await readFile(path.join(root, 'docs/benchmarks.md'), 'utf8');
    expect(replaceFigures(document, modes.backup.section, 'FIGURES')).toContain('FIGURES');
  });
});
