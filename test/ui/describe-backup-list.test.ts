import { expect, test } from 'vitest';
import { describeBackupList, describeDrill } from '../../src/ui/describe-backup-list.ts';

const now = new Date('2026-11-27T15:00:00Z');

test('backups of all places are one table', () => {
  const shown = describeBackupList(
    [
      {
        place: '/srv/backups',
        name: 'demo-20261126T150000Z-cp-1',
        state: 'whole',
        sizeBytes: 2048,
        takenAt: '2026-11-26T15:00:00Z',
        revision: 104,
        keys: 103,
        encrypted: true,
        checked: { at: '2026-11-27T14:00:00Z', how: 'drill' },
      },
      { place: 'cp-1', name: 'lost', state: 'no record', sizeBytes: 10 },
      { place: 'cp-2', name: 'gone', state: 'no archive', takenAt: '2026-11-20T15:00:00Z', revision: 1, keys: 1, encrypted: false },
    ],
    now,
  );
  expect(shown).toBe(`PLACE          NAME                         AGE   REVISION   KEYS   SIZE      ENCRYPTED   STATE        CHECKED
/srv/backups   demo-20261126T150000Z-cp-1   24h   104        103    2.0 KiB   yes         whole        drill 60m ago
cp-1           lost                         -     -          -      10 B      -           no record    -
cp-2           gone                         7d    1          1      -         no          no archive   -
`);
});

test('a place that does not answer is a line, too', () => {
  const shown = describeBackupList([], now, [{ place: 's3://backups', error: 'away' }]);
  expect(shown).toMatch(/^PLACE .*\ns3:\/\/backups( +-){6} +no answer +-\n$/);
});

test('no backups are said', () => {
  expect(describeBackupList([], now)).toBe('no backups\n');
});

const drill = { node: 'cp-1', revision: 104, resources: [{ resource: 'pods', count: 2 }] };

test.each([
  [undefined, 'there is no Secret that could be tried'],
  [{ name: 'ns/a', key: 'key1' }, 'the Secret ns/a is readable with the key key1 of the backup'],
  [{ name: 'ns/a' }, 'the Secret ns/a is readable: it is stored in the clear'],
])('a drill with the Secret %j', (secret, sentence) => {
  const shown = describeDrill({ ...drill, ...(secret === undefined ? {} : { secret }) });
  expect(shown).toBe(`RESOURCE   OBJECTS\npods       2\n\nrestored on cp-1 up to revision 104: 2 objects\n${sentence}\n`);
});
