import { expect, test } from 'vitest';
import { newestOfNames } from '../../src/backup/newest-of-names.ts';

const now = new Date('2026-11-26T15:30:00Z');
const [older, newer] = ['prod-20261126T140000Z-cp-1', 'prod-20261126T150000Z-cp-2'];
const files = (name: string, kind = 'tar.zst'): readonly string[] => [`${name}.json`, `${name}.${kind}`];

test('the newest, and how old it is', () => {
  expect(newestOfNames([...files(newer), ...files(older)], 'prod', now)).toEqual({
    name: newer,
    takenAt: '2026-11-26T15:00:00Z',
    ageSeconds: 1800,
  });
});

test.each(['tar.zst', 'tar.gz', 'tar.zst.age', 'tar.gz.age'])('packed as %s', (kind) => {
  expect(newestOfNames(files(older, kind), 'prod', now)?.name).toBe(older);
});

test.each([
  ['an archive that has no record yet', [`${newer}.tar.zst`]],
  ['a record whose archive is gone', [`${newer}.json`]],
  ['another cluster', files('test-20261126T150000Z-cp-2')],
  ['one whose name only begins alike', files('prod-2-20261126T150000Z-cp-2')],
  ['what is being written', [`${newer}.json.partial`, `${newer}.tar.zst`]],
])('%s does not count', (_, names) => {
  expect(newestOfNames([...files(older), ...names], 'prod', now)?.name).toBe(older);
  expect(newestOfNames(names, 'prod', now)).toBeUndefined();
});

test('a clock that is ahead makes nothing younger than new', () => {
  expect(newestOfNames(files('prod-20261126T160000Z-cp-1'), 'prod', now)?.ageSeconds).toBe(0);
});
