import { describe, expect, test } from 'vitest';
import {
  chooseBump,
  firstRevision,
  formatRestored,
  formatRestoreMark,
  type RestoreAim,
  readRestored,
  readRestoreMark,
} from '../../src/cluster/restore.ts';

const aim: RestoreAim = {
  id: '20260101T000000-abcdef',
  backup: 'prod-20260101T000000Z-cp1',
  snapshot: { sha256: 'ab'.repeat(32), sizeBytes: 4096, hash: 77, revision: 42, keys: 9 },
  bumpRevision: 1_000_000_000,
  members: { b: 'https://192.0.2.2:2380', a: 'https://192.0.2.1:2380' },
};

describe('the mark', () => {
  test('reads back as what was written, whatever the order of the members', () => {
    const text = formatRestoreMark(aim);
    expect(readRestoreMark(text)).toEqual(aim);
    expect(formatRestoreMark({ ...aim, members: { a: 'https://192.0.2.1:2380', b: 'https://192.0.2.2:2380' } })).toBe(text);
  });

  test.each([
    ['torn', formatRestoreMark(aim).slice(0, 200)],
    ['empty', ''],
    ['a list', '[]'],
    ['of a later form', formatRestoreMark(aim).replace('v1alpha1', 'v2')],
    ['of another kind', formatRestoreMark(aim).replace('"Restore"', '"Backup"')],
    ['without a digest', formatRestoreMark(aim).replace(aim.snapshot.sha256, 'none')],
    ['with a number that is none', formatRestoreMark(aim).replace('4096', '"4096"')],
    ['with a name that would leave its directory', formatRestoreMark(aim).replace(aim.id, '../x')],
    ['with members that are no addresses', formatRestoreMark(aim).replace('"https://192.0.2.2:2380"', '7')],
  ])('%s, it is not read', (_, text) => {
    expect(readRestoreMark(text)).toBeUndefined();
  });
});

test('the record that stays tells where the restored etcd began', () => {
  expect(readRestored(formatRestored(aim))).toBe(1_000_000_042);
  expect(firstRevision(aim)).toBe(1_000_000_042);
  expect([undefined, '', '{}', '{"apiVersion":"kcluster/v1alpha1","firstRevision":"7"}'].map(readRestored)).toEqual(
    Array(4).fill(undefined),
  );
});

describe('the revision is raised', () => {
  const week = 7 * 24 * 3600 * 1000;
  test.each([
    ['by a billion for up to a week', { revision: 100, ageMs: week }, [], 1e9],
    ['by as much again for every week begun', { revision: 100, ageMs: 2 * week + 1 }, [], 3e9],
    ['above what members answer', { revision: 100, ageMs: 0 }, [5000], 1e9 + 4900],
    ['above an earlier restore', { revision: 100, ageMs: 0 }, [0, 1e9 + 100, 50], 2e9],
    ['never by less because of less', { revision: 100, ageMs: 0 }, [1], 1e9],
    ['for a clock that went back', { revision: 100, ageMs: -5 }, [], 1e9],
  ])('%s', (_, snapshot, seen, wanted) => {
    expect(chooseBump(snapshot, seen)).toBe(wanted);
  });
});
