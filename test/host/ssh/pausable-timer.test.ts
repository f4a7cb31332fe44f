import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PausableTimer } from '../../../src/host/ssh/pausable-timer.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

test('expires once its time is over', () => {
  const onExpiry = vi.fn();
  new PausableTimer(1_000, onExpiry);
  vi.advanceTimersByTime(999);
  expect(onExpiry).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5_000);
  expect(onExpiry).toHaveBeenCalledTimes(1);
});

test('stands still while anybody is asked, then has the rest of its time', async () => {
  const onExpiry = vi.fn();
  const timer = new PausableTimer(1_000, onExpiry);
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  vi.advanceTimersByTime(400);
  const answers = [timer.pausedDuring(first.promise), timer.pausedDuring(second.promise)];
  vi.advanceTimersByTime(60_000);
  first.resolve('a');
  expect(await answers[0]).toBe('a');
  vi.advanceTimersByTime(60_000);
  second.reject(new Error('no'));
  await expect(answers[1]).rejects.toThrow('no');
  vi.advanceTimersByTime(599);
  expect(onExpiry).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onExpiry).toHaveBeenCalledTimes(1);
});

test('is quiet after stop, even when an answer comes later', async () => {
  const onExpiry = vi.fn();
  const timer = new PausableTimer(1_000, onExpiry);
  const answer = Promise.withResolvers<void>();
  const paused = timer.pausedDuring(answer.promise);
  timer.stop();
  answer.resolve();
  await paused;
  vi.advanceTimersByTime(10_000);
  expect(onExpiry).not.toHaveBeenCalled();
});
