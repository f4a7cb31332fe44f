import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { UnconfirmedError } from '../../src/errors.ts';
import { confirm } from '../../src/ui/confirm.ts';

function terminal(isTTY: boolean, typed?: string) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  if (typed !== undefined) input.end(typed);
  return { input, output };
}

describe('confirm', () => {
  test.each(['y\n', 'yes\n', 'YES\n', ' y \n'])('%j goes on', async (typed) => {
    await expect(confirm('Change 3 hosts?', terminal(true, typed))).resolves.toBeUndefined();
  });

  test.each([
    ['n\n', 'nothing was changed'],
    ['\n', 'nothing was changed'],
    ['yess\n', 'nothing was changed'],
    ['', 'no answer to "Change 3 hosts?"'],
  ])('%j does not', async (typed, message) => {
    const refused = confirm('Change 3 hosts?', terminal(true, typed));
    await expect(refused).rejects.toThrow(UnconfirmedError);
    await expect(refused).rejects.toThrow(message);
  });

  test('without a terminal nothing is asked and --yes is named', async () => {
    const io = terminal(false, 'y\n');
    await expect(confirm('Change 3 hosts?', io)).rejects.toMatchObject({
      exitCode: 9,
      message: 'not confirmed: there is no terminal to ask "Change 3 hosts?"',
      details: { remedy: expect.stringContaining('--yes') },
    });
    expect(io.output.read()).toBeNull();
  });

  test('asks with no as the default', async () => {
    const io = terminal(true, 'y\n');
    await confirm('Change 3 hosts?', io);
    expect(String(io.output.read())).toContain('Change 3 hosts? [y/N] ');
  });
});
