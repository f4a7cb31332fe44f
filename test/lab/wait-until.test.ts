import { describe, expect, test } from 'vitest';
import { InterruptedError, StoppedError } from '../../src/errors.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

describe('waiting for a named condition', () => {
  test('ends with the first yes', async () => {
    let asked = 0;
    await waitUntil('the third answer is there', () => ++asked === 3, { timeoutMs: 60_000, intervalMs: 1 });
    expect(asked).toBe(3);
  });

  test('asks at least once, then gives up and names the condition', async () => {
    let asked = 0;
    const never = async () => {
      asked += 1;
      return false;
    };
    await expect(waitUntil('pigs fly', never, { timeoutMs: -1, intervalMs: 1 })).rejects.toThrow(StoppedError);
    expect(asked).toBe(1);
    await expect(waitUntil('pigs fly', never, { timeoutMs: -1, intervalMs: 1 })).rejects.toThrow('until pigs fly');
  });

  test('an abort ends it', async () => {
    const signal = AbortSignal.abort();
    await expect(waitUntil('pigs fly', () => false, { timeoutMs: 60_000, signal })).rejects.toThrow(InterruptedError);
  });

  test('an error of the question is the outcome', async () => {
    const broken = () => Promise.reject(new Error('broken'));
    await expect(waitUntil('it answers', broken, { timeoutMs: 60_000 })).rejects.toThrow('broken');
  });
});
