import { expect, test } from 'vitest';
import { apiAwaySeconds } from '../../src/cluster/api-away.ts';

const mebibyte = 1024 ** 2;

test.each([
  { what: 'one member', members: 1, sizeMiB: 1, startMs: 3000, seconds: 9 },
  { what: 'three start in turn', members: 3, sizeMiB: 1, startMs: 3000, seconds: 12 },
  { what: 'five', members: 5, sizeMiB: 1, startMs: 3000, seconds: 15 },
  { what: 'each of them reads all of the data', members: 3, sizeMiB: 1024, startMs: 3000, seconds: 36 },
  { what: 'more data', members: 3, sizeMiB: 2048, startMs: 3000, seconds: 60 },
  { what: 'an API server that is slow here', members: 3, sizeMiB: 1, startMs: 20_500, seconds: 29 },
  { what: 'one that was never seen to start', members: 3, sizeMiB: 1, startMs: undefined, seconds: 12 },
])('$what: about $seconds s', ({ members, sizeMiB, startMs, seconds }) => {
  expect(apiAwaySeconds({ members, snapshotBytes: sizeMiB * mebibyte, apiServerStartMs: startMs })).toBe(seconds);
});
