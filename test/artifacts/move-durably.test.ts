import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { moveDurably } from '../../src/artifacts/move-durably.ts';
import { noteSyncs } from './note-syncs.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let place: string;
let from: string;
beforeEach(async () => {
  place = await temporaryDirectory();
  from = path.join(place, 'part');
  writeFileSync(from, 'whole');
});

test('the file is written through before it has its name, and the name before it is said', async () => {
  const to = path.join(place, 'file');
  const names: boolean[] = [];
  const synced = await noteSyncs(
    () => moveDurably(from, to),
    () => names.push(existsSync(to)),
  );
  expect(names).toEqual([false, true]);
  expect(synced).toEqual(new Set([to, place].map((each) => statSync(each).ino)));
  expect([readFileSync(to, 'utf8'), existsSync(from)]).toEqual(['whole', false]);
});

test('folders that it makes are written through, too', async () => {
  const to = path.join(place, 'a', 'b', 'file');
  const synced = await noteSyncs(() => moveDurably(from, to));
  for (const each of [place, path.join(place, 'a'), path.join(place, 'a', 'b'), to])
    expect([each, synced.has(statSync(each).ino)]).toEqual([each, true]);
});

test('what cannot be written through gets no name', async () => {
  const to = path.join(place, 'file');
  const fails = noteSyncs(
    () => moveDurably(from, to),
    () => {
      throw new Error('EIO');
    },
  );
  await expect(fails).rejects.toThrow('EIO');
  expect(existsSync(to)).toBe(false);
});
