import { expect, test } from 'vitest';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import type { FileSeen } from '../../../src/engine/observation.ts';
import { RefusedError } from '../../../src/errors.ts';
import { contextSeeing } from '../support/context.ts';

const path = '/var/lib/kcluster/absent.json';
const file: FileSeen = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 1, sha256: 'a'.repeat(64) };
const plan = (seen?: FileSeen) =>
  planResource({ kind: 'gone', path }, contextSeeing({ files: new Map(seen === undefined ? [] : [[path, seen]]) }));

test('nothing to do where it is not there', () => {
  expect(plan()).toEqual([]);
  expect(probesOf({ kind: 'gone', path })).toEqual([{ kind: 'file', path }]);
});

test('a file is removed as it was observed', () => {
  expect(plan(file)).toEqual([{ kind: 'remove', path, expected: { sha256: 'a'.repeat(64) }, why: 'no longer wanted' }]);
});

test('a directory is never taken away', () => {
  expect(() => plan({ ...file, type: 'directory' })).toThrow(RefusedError);
});

test('systemd forgets a unit whose file is removed', () => {
  const unit = '/etc/systemd/system/kcluster-backup.timer';
  const seen = contextSeeing({ files: new Map([[unit, file]]) });
  expect(planResource({ kind: 'gone', path: unit }, seen)).toEqual([
    expect.objectContaining({ kind: 'remove', path: unit }),
    { kind: 'daemon-reload' },
  ]);
});
