import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskScript, readDiskLatency } from '../../src/engine/disk-latency.ts';
import { Sandbox } from './support/sandbox.ts';

const writes = (...seconds: readonly (number | string)[]): string => seconds.map((each) => `write\t${each}\n`).join('');
const buckets = (...rows: readonly (readonly [string, number])[]): string =>
  rows.map(([bound, count]) => `bucket\t${bound}\t${count}\n`).join('');

describe('the 99th percentile', () => {
  test.each([
    [
      'of a hundred writes is the last but one',
      writes(...Array.from({ length: 100 }, (_, index) => (100 - index) / 1000)),
      { p99Ms: 99, by: 'test' },
    ],
    ['of one write is that write', writes('5.5e-05'), { p99Ms: 0.055, by: 'test' }],
    ['of nothing is unknown', '', undefined],
    ['of talk is unknown', 'Last login: today\n', undefined],
    ['lies within its bucket', buckets(['0.001', 50], ['0.002', 90], ['0.004', 100], ['+Inf', 100]), { p99Ms: 3.8, by: 'etcd' }],
    ['in the first bucket begins at nothing', buckets(['0.001', 100], ['+Inf', 100]), { p99Ms: 0.99, by: 'etcd' }],
    ['beyond all buckets is their last bound', buckets(['0.001', 1], ['8.192', 2], ['+Inf', 100]), { p99Ms: 8192, by: 'etcd' }],
    ['of an etcd that wrote nothing is unknown', buckets(['0.001', 0], ['+Inf', 0]), undefined],
    [
      'of large counts, as etcd writes them',
      buckets(['0.004', 1], ['0.002', 0], ['0.008', 1.5e6], ['+Inf', 1.5e6]),
      { p99Ms: 7.96, by: 'etcd' },
    ],
  ])('%s', (_, text, latency) => {
    const seen = readDiskLatency(text);
    expect(seen?.by).toBe(latency?.by);
    if (latency === undefined) expect(seen).toBeUndefined();
    else expect(seen?.p99Ms).toBeCloseTo(latency.p99Ms, 3);
  });
});

describe('the script', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.fake('curl', 'exit 7');
  });
  afterEach(() => sandbox[Symbol.dispose]());
  const run = (): ReturnType<Sandbox['run']> => sandbox.run(diskScript.replaceAll('/var/lib/etcd', sandbox.path('lib/etcd')));

  test.each([
    ['the data directory', 'lib/etcd'],
    ['the directory above, when etcd has none yet', 'lib'],
  ])('writes into %s, and leaves nothing there', async (_, directory) => {
    sandbox.directory(directory);
    sandbox.fake('mktemp', `echo "$1" >>'${sandbox.path('asked')}'; exec /usr/bin/mktemp "$@"`);
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(sandbox.read('asked')).toBe(`${sandbox.path(directory)}/.kcluster-latency.XXXXXX\n`);
    expect(readDiskLatency(stdout)).toMatchObject({ by: 'test', p99Ms: expect.any(Number) });
    expect(stdout.split('\n').length).toBeGreaterThan(10);
    expect(sandbox.list(directory)).toEqual([]);
  });

  test('asks the etcd that runs, and writes nothing then', async () => {
    sandbox.directory('lib/etcd');
    sandbox.fake('dd', 'echo written >&2; exit 1');
    sandbox.fake(
      'curl',
      `printf '%s\\n' '# HELP x' 'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 3' 'etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 4' 'etcd_disk_wal_fsync_duration_seconds_sum 1'`,
    );
    expect(await run()).toEqual({ code: 0, stdout: 'bucket\t0.001\t3\nbucket\t+Inf\t4\n', stderr: '' });
  });

  test('a disk that takes no file is not measured', async () => {
    sandbox.fake('mktemp', 'exit 1');
    expect(await run()).toEqual({ code: 0, stdout: '', stderr: '' });
    sandbox.directory('lib');
    sandbox.fake('mktemp', 'exec /usr/bin/mktemp "$@"');
    sandbox.fake('dd', 'echo full >&2; exit 1');
    expect(await run()).toMatchObject({ code: 0, stdout: '' });
    expect(sandbox.list('lib')).toEqual([]);
  });
});
