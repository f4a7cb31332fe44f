import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { checkRoom } from '../../src/app/check-room.ts';

test('a directory with room is good, one without is named with both sizes', async () => {
  await expect(checkRoom(tmpdir(), 1, 'the bundle', 'make room')).resolves.toBeUndefined();
  await expect(checkRoom(tmpdir(), 2 ** 60, 'the bundle', 'make room')).rejects.toMatchObject({
    exitCode: 5,
    message: expect.stringMatching(new RegExp(`^${tmpdir()} has \\d+ MiB free, and the bundle has 1099511627776 MiB$`)),
    details: { remedy: 'make room' },
  });
});
