import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BackupRound, describeBackup } from '../../bench/backup-report.ts';
import type { BenchResult } from '../../bench/bench-result.ts';
import { parsePlain } from '../../bench/measure-backup.ts';
import { modes } from '../../bench/modes.ts';
import { root } from '../../bench/paths.ts';
import { replaceFigures } from '../../bench/write-docs.ts';

const round = (saveSeconds: number): BackupRound => ({
  backup: { storeBytes: 1.08e9, plainSaveSeconds: 4, plainRestoreSeconds: 6.04, saveSeconds, savePeakBytes: 121e6 },
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
    expect(parsePlain('save 4200000000\nrestore 900000000\nbytes 1080000512\n')).toEqual({
      storeBytes: 1_080_000_512,
      plainSaveSeconds: 4.2,
      plainRestoreSeconds: 0.9,
    });
  });

  test.each(['', 'save 1\nbytes 2\n', 'save x\nrestore 1\nbytes 2\n'])('a figure is missing in %j', (text) => {
    expect(() => parsePlain(text)).toThrow(RangeError);
  });
});

describe('the report', () => {
  test('every round, the median and the ratio', () => {
    const text = describeBackup(resultOf(round(5), round(4.4), round(6)));
    expect(text).toMatch(/^Measured on 2026-11-26 with Kubernetes 1\.37\.1 on 2 cores/);
    expect(text).toMatch(/\| size of the store \(MB\) +\| +1080 \| +1080 \| +1080 \| +1080 \|/);
    expect(text).toMatch(/\| kcluster \/ etcdctl +\| +1\.25 \| +1\.10 \| +1\.50 \| +1\.25 \|/);
    expect(text).toMatch(/\| memory of kcluster \(MB\) +\| +121 \|/);
  });

  test('a product that makes no backups has dashes', () => {
    expect(describeBackup(resultOf(round(Number.NaN)))).toMatch(/\| kcluster etcd snapshot save \(s\) +\| +– \| +– \|/);
  });

  test('has its place in the document', async () => {
    const document = await readFile(path.join(root, 'docs/benchmarks.md'), 'utf8');
    expect(replaceFigures(document, modes.backup.section, 'FIGURES')).toContain('FIGURES');
  });
});
