import { beforeEach, describe, expect, test, vi } from 'vitest';
import { awaitCondition, type Waiting } from '../../src/engine/await-condition.ts';
import type { Condition } from '../../src/engine/condition.ts';
import { hopelessStatus, writeConditionScript } from '../../src/engine/condition-script.ts';
import { ConnectionLostError, StoppedError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';

/** Waits are noted, not waited; the clock moves by them and by nothing else. */
const waitedMs = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number, _: unknown, { signal }: { signal: AbortSignal }): Promise<void> => {
    signal.throwIfAborted();
    waitedMs.push(ms);
  },
}));
beforeEach(() => {
  waitedMs.length = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => 5_000 + waitedMs.reduce((sum, ms) => sum + ms, 0));
});

const condition: Condition = {
  title: 'etcd answers /readyz',
  deadlineMs: 60_000,
  test: { kind: 'http', url: 'http://127.0.0.1:2381/readyz', unit: 'etcd.service' },
};
const script = writeConditionScript(condition.test);
const asked = { title: 'wait: etcd answers /readyz' };

function run(host: FakeHost, more: Partial<Condition> = {}, signal = new AbortController().signal) {
  const waits: Waiting[] = [];
  return { waits, done: awaitCondition([host], { ...condition, ...more }, (waiting) => waits.push(waiting), signal) };
}

async function rejection(promise: Promise<void>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it came true');
    },
    (error: unknown) => error,
  );
}

test('true at once: one question, no wait', async () => {
  const host = new FakeHost('n1').on(script);
  const { waits, done } = run(host);
  await done;
  expect(host.sent).toEqual([{ kind: 'run', script, ...asked }]);
  expect([waits, waitedMs]).toEqual([[], []]);
});

test('asked again until true: every attempt is told; waits grow with what was waited, to a second and no further', async () => {
  const host = new FakeHost('n1').on(script);
  for (let attempt = 1; attempt <= 90; attempt++) host.once(script, { code: 1, stdout: `answer ${attempt}\n` });
  const { waits, done } = run(host);
  await done;
  expect(host.roundTrips).toBe(91);
  expect(waits).toEqual(Array.from({ length: 90 }, (_, index) => ({ attempt: index + 1, lastError: `answer ${index + 1}` })));
  expect(waitedMs[0]).toBe(50);
  expect(waitedMs).toEqual(waitedMs.toSorted((a, b) => a - b));
  expect(waitedMs.at(-1)).toBe(1_000);
  const before = waitedMs.map((_, index) => waitedMs.slice(0, index).reduce((sum, ms) => sum + ms, 0));
  expect(waitedMs.every((ms, index) => ms <= Math.max(50, (before[index] ?? 0) / 16) + 1e-6)).toBe(true);
});

test.each([
  ['its output', { code: 1, stdout: 'not yet\n', stderr: 'curl: (7)' }, 'not yet'],
  ['else its errors', { code: 1, stderr: 'sh: curl: not found\n' }, 'sh: curl: not found'],
  ['else its status', { code: 3 }, 'status 3'],
])('the last answer is %s', async (_, reply, lastError) => {
  const { waits, done } = run(new FakeHost('n1').once(script, reply).on(script));
  await done;
  expect(waits).toEqual([{ attempt: 1, lastError }]);
});

describe('given up', () => {
  test('when waiting is pointless: at once, with the last words of the unit', async () => {
    const host = new FakeHost('n1').on(script, {
      code: hopelessStatus,
      stdout: 'etcd.service is failed after 3 restarts\n',
      stderr: 'panic: disk full\n',
    });
    const { waits, done } = run(host);
    const error = await rejection(done);
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toMatchObject({
      message: 'n1: etcd answers /readyz: etcd.service is failed after 3 restarts',
      details: { node: 'n1', output: 'panic: disk full\n', remedy: expect.any(String) },
    });
    expect([host.roundTrips, waits.length]).toEqual([1, 1]);
  });

  test('at the deadline: asked once more than nothing, with the last answer', async () => {
    const host = new FakeHost('n1').on(script, { code: 1, stdout: 'http://127.0.0.1:2381/readyz answers 503\n' });
    const { waits, done } = run(host, { deadlineMs: 0 });
    const error = await rejection(done);
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toMatchObject({
      message: 'n1: etcd answers /readyz did not come true in 0 s: http://127.0.0.1:2381/readyz answers 503',
      details: { node: 'n1', remedy: expect.any(String) },
    });
    expect(waits).toEqual([{ attempt: 1, lastError: 'http://127.0.0.1:2381/readyz answers 503' }]);
  });

  test.each([
    ['at the deadline', 1],
    ['when waiting is pointless', hopelessStatus],
  ])('%s: with the remedy of the condition itself', async (_, code) => {
    const host = new FakeHost('n1').on(script, { code, stdout: 'no' });
    expect(await rejection(run(host, { deadlineMs: 0, remedy: 'give it more room' }).done)).toMatchObject({
      details: { remedy: 'give it more room' },
    });
  });

  test('not at the deadline when the answer is yes', async () => {
    await run(new FakeHost('n1').on(script), { deadlineMs: 0 }).done;
  });

  test('when the run is interrupted between two questions', async () => {
    const controller = new AbortController();
    const host = new FakeHost('n1').on(script, () => {
      controller.abort();
      return { code: 1 };
    });
    expect(await rejection(run(host, {}, controller.signal).done)).toMatchObject({ name: 'AbortError' });
    expect(host.roundTrips).toBe(1);
  });

  test('when the connection is lost: its error, unchanged', async () => {
    const lost = new ConnectionLostError('gone', { node: 'n1' });
    expect(await rejection(run(new FakeHost('n1').on(script, lost)).done)).toBe(lost);
  });
});
