import { describe, expect, test } from 'vitest';
import { InterruptedError, StoppedError } from '../../src/errors.ts';
import { runLocal } from '../../src/lab/run-local.ts';

describe('running a program of this machine', () => {
  test('gives its standard output', async () => {
    await expect(runLocal(['echo', 'a b', "it's"])).resolves.toBe("a b it's\n");
  });

  test('hands over standard input, or none', async () => {
    await expect(runLocal(['cat'], { input: 'text' })).resolves.toBe('text');
    await expect(runLocal(['cat'])).resolves.toBe('');
  });

  test('a status other than 0 is an error with the last line in its message and all of it apart', async () => {
    const failure = runLocal(['sh', '-c', 'echo out; echo first >&2; echo last >&2; exit 3']);
    await expect(failure).rejects.toThrow('sh ended with status 3: last');
    await expect(failure).rejects.toMatchObject({ details: { output: 'first\nlast' } });
  });

  test('an end by signal is no success', async () => {
    await expect(runLocal(['sh', '-c', 'kill -9 $$'])).rejects.toThrow('sh ended with SIGKILL');
  });

  test('a program that is not there is named', async () => {
    await expect(runLocal(['kcluster-no-such-program'])).rejects.toThrow(StoppedError);
    await expect(runLocal(['kcluster-no-such-program'])).rejects.toThrow('kcluster-no-such-program did not start');
  });

  test.each([undefined, 'SIGKILL'] as const)('an abort ends it (stopWith %s)', async (stopWith) => {
    const controller = new AbortController();
    const running = runLocal(['sleep', '600'], { signal: controller.signal, ...(stopWith === undefined ? {} : { stopWith }) });
    controller.abort();
    await expect(running).rejects.toThrow(InterruptedError);
  });

  test('nothing starts once the signal has aborted', async () => {
    await expect(runLocal(['sleep', '600'], { signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
  });
});
