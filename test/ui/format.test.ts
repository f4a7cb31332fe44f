import { describe, expect, test } from 'vitest';
import { formatAge, formatBytes, formatCount, formatDuration, formatOffset } from '../../src/ui/format.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024, '10 KiB'],
    [26_214_400, '25 MiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
    [3000 * 1024 ** 4, '3000 TiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  test.each([
    [-5, '0.0s'],
    [0, '0.0s'],
    [449, '0.4s'],
    [9900, '9.9s'],
    [9960, '10s'],
    [59_400, '59s'],
    [59_600, '1m00s'],
    [65 * second, '1m05s'],
    [2 * hour + 3 * minute, '2h03m'],
    [3 * day + 4 * hour, '3d04h'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe('formatAge', () => {
  test.each([
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [119 * minute, '119m'],
    [2 * hour, '2h'],
    [47 * hour, '47h'],
    [48 * hour, '2d'],
    [400 * day, '400d'],
  ])('%d ms is %s', (ageMs, text) => {
    expect(formatAge(ageMs)).toBe(text);
  });
});

describe('formatOffset', () => {
  test.each([
    [0, '0:00.0'],
    [1234, '0:01.2'],
    [59_999, '0:59.9'],
    [60_000, '1:00.0'],
    [61 * minute, '61:00.0'],
  ])('%d ms is %s', (atMs, text) => {
    expect(formatOffset(atMs)).toBe(text);
  });
});

test.each([
  [0, '0 hosts'],
  [1, '1 host'],
  [2, '2 hosts'],
])('formatCount %d', (count, text) => {
  expect(formatCount(count, 'host')).toBe(text);
});
