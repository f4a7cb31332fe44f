import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { executeSteps, type Outcome } from '../../src/engine/execute.ts';
import type { Step, StepId } from '../../src/engine/plan.ts';
import { InternalError, InterruptedError, RefusedError, StoppedError } from '../../src/errors.ts';
import { stepOf } from './support/step-of.ts';

/** `run@a` after the given ones. */
const step = (id: StepId, ...after: readonly StepId[]): Step => stepOf([], { id, node: id.slice(id.indexOf('@') + 1), after });
const boom = (): StoppedError => new StoppedError('boom');

/** A run whose steps end when the test says so. */
class HandRun {
  readonly started: StepId[] = [];
  readonly events: RunEvent[] = [];
  readonly controller = new AbortController();
  readonly outcome: Promise<Outcome>;
  settled = false;
  private readonly ends = new Map<StepId, PromiseWithResolvers<void>>();
  private clockMs = 0;

  constructor(...steps: readonly Step[]) {
    const perform = ({ id }: Step): Promise<void> => {
      this.started.push(id);
      const end = Promise.withResolvers<void>();
      this.ends.set(id, end);
      return end.promise;
    };
    const emit = (event: RunEvent): number => this.events.push(event);
    this.outcome = executeSteps(steps, { emit, elapsedMs: () => this.clockMs++, signal: this.controller.signal, perform });
    this.outcome.then(() => {
      this.settled = true;
    });
  }

  /** Lets everything run that can run now. */
  rest(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  async finish(...ids: readonly StepId[]): Promise<void> {
    await this.rest();
    for (const id of ids) this.end(id).resolve();
    await this.rest();
  }

  async fail(id: StepId, error: unknown = boom()): Promise<void> {
    await this.rest();
    this.end(id).reject(error);
    await this.rest();
  }

  end(id: StepId): PromiseWithResolvers<void> {
    const end = this.ends.get(id);
    if (end === undefined) throw new Error(`${id} was not started; started: ${this.started.join(' ')}`);
    return end;
  }

  told(): string[] {
    return this.events.map((event) => {
      if (event.type === 'step-skipped') return `skipped ${event.step.id}: ${event.because}`;
      return 'step' in event ? `${event.type.replace('step-', '')} ${event.step.id}` : event.type;
    });
  }
}

describe('when everything goes well', () => {
  test('nothing to do', async () => {
    expect(await new HandRun().outcome).toEqual({ done: [], skipped: [], failures: [] });
  });

  test('steps start when what they come after is done, and not before', async () => {
    const run = new HandRun(step('1@a'), step('1@b'), step('2@a', '1@a'), step('3@a', '1@b', '2@a'));
    await run.rest();
    expect(run.started).toEqual(['1@a', '1@b']);
    await run.finish('1@a');
    expect(run.started).toEqual(['1@a', '1@b', '2@a']);
    await run.finish('2@a');
    expect(run.started).toHaveLength(3);
    await run.finish('1@b');
    expect(run.started.at(-1)).toBe('3@a');
    expect(run.settled).toBe(false);
    await run.finish('3@a');
    expect(await run.outcome).toEqual({ done: ['1@a', '1@b', '2@a', '3@a'], skipped: [], failures: [] });
  });

  test('what is told, with times', async () => {
    const run = new HandRun(step('1@a'), step('2@a', '1@a'));
    await run.finish('1@a');
    await run.finish('2@a');
    await run.outcome;
    expect(run.told()).toEqual(['started 1@a', 'finished 1@a', 'started 2@a', 'finished 2@a']);
    expect(run.events).toMatchObject([{ atMs: 0 }, { atMs: 1, tookMs: 1 }, { atMs: 2 }, { atMs: 3, tookMs: 1 }]);
  });

  test('independent steps of one host run side by side', async () => {
    const run = new HandRun(step('1@a'), step('2@a'));
    await run.rest();
    expect(run.started).toEqual(['1@a', '2@a']);
    await run.finish('2@a', '1@a');
    expect((await run.outcome).done).toEqual(['1@a', '2@a']);
  });
});

describe('when a step fails', () => {
  test('what depends on it never starts, at any distance; siblings go on to their end', async () => {
    const run = new HandRun(step('1@a'), step('1@b'), step('2@c', '1@a'), step('3@d', '2@c'), step('2@b', '1@b'));
    await run.fail('1@a');
    await run.finish('1@b');
    expect(run.started).toEqual(['1@a', '1@b', '2@b']);
    await run.finish('2@b');
    const { done, skipped, failures } = await run.outcome;
    expect([done, skipped, failures.map(({ message }) => message)]).toEqual([['1@b', '2@b'], ['2@c', '3@d'], ['boom']]);
    expect(run.told()).toContain('skipped 2@c: 1@a failed');
    expect(run.told()).toContain('skipped 3@d: 2@c did not run');
  });

  test('its host takes no further step, even one that does not depend on it', async () => {
    const run = new HandRun(step('1@a'), step('1@b'), step('2@a', '1@b'));
    await run.fail('1@a');
    await run.finish('1@b');
    expect((await run.outcome).skipped).toEqual(['2@a']);
    expect(run.told()).toContain('skipped 2@a: a failed before');
  });

  test('its host takes no further step when both end at the same moment', async () => {
    for (const failsFirst of [true, false]) {
      const run = new HandRun(step('1@a'), step('1@b'), step('2@a', '1@b'));
      await run.rest();
      const ends = [() => run.end('1@a').reject(boom()), () => run.end('1@b').resolve()];
      for (const end of failsFirst ? ends : ends.toReversed()) end();
      await run.rest();
      expect(run.started).toEqual(['1@a', '1@b']);
      expect((await run.outcome).skipped).toEqual(['2@a']);
    }
  });

  test('a step that runs on its host is not torn down, and its end is waited for', async () => {
    const run = new HandRun(step('1@a'), step('2@a'), step('3@b'));
    await run.fail('1@a');
    await run.finish('3@b');
    expect(run.settled).toBe(false);
    await run.finish('2@a');
    expect(run.settled).toBe(true);
    expect((await run.outcome).done).toEqual(['2@a', '3@b']);
  });

  test('every failure is reported, in the order in which they came', async () => {
    const run = new HandRun(step('1@a'), step('1@b'), step('1@c'));
    await run.fail('1@b', new RefusedError('second host first'));
    await run.fail('1@a');
    expect(run.settled).toBe(false);
    await run.finish('1@c');
    const { failures } = await run.outcome;
    expect(failures.map(({ name, message }) => `${name} ${message}`)).toEqual(['RefusedError second host first', 'StoppedError boom']);
  });

  test('a serial rollout ends there', async () => {
    const run = new HandRun(step('1@a'), step('1@b', '1@a'), step('1@c', '1@b'));
    await run.finish('1@a');
    await run.fail('1@b');
    expect(await run.outcome).toMatchObject({ done: ['1@a'], skipped: ['1@c'] });
  });

  test.each([
    ['an error of the language', new TypeError('x is undefined'), 'a: x is undefined'],
    ['no error at all', 'text', 'a: text'],
  ])('a defect is an internal error of that node: %s', async (_, cause, message) => {
    const run = new HandRun(step('1@a'));
    await run.fail('1@a', cause);
    const [failure] = (await run.outcome).failures;
    expect(failure).toBeInstanceOf(InternalError);
    expect(failure).toMatchObject({ message, cause, details: { node: 'a' } });
  });

  test('a step that throws at once fails as any other', async () => {
    const steps = [step('1@a'), step('1@b')];
    const perform = ({ id }: Step): Promise<void> => {
      if (id === '1@a') throw boom();
      return Promise.resolve();
    };
    const outcome = await executeSteps(steps, { emit: () => undefined, elapsedMs: () => 0, signal: new AbortController().signal, perform });
    expect(outcome).toMatchObject({ done: ['1@b'], failures: [{ message: 'boom' }] });
  });
});

describe('when the run is interrupted', () => {
  test('before it began: nothing starts, and that is no success', async () => {
    const steps = [step('1@a'), step('1@b')];
    const outcome = await executeSteps(steps, {
      emit: () => undefined,
      elapsedMs: () => 0,
      signal: AbortSignal.abort(),
      perform: () => Promise.reject(boom()),
    });
    expect(outcome).toMatchObject({ done: [], skipped: ['1@a', '1@b'] });
    expect(outcome.failures).toEqual([expect.any(InterruptedError)]);
  });

  test('nothing more starts; what runs is waited for', async () => {
    const run = new HandRun(step('1@a'), step('1@b'), step('2@a', '1@a'));
    await run.rest();
    run.controller.abort();
    await run.finish('1@a');
    expect(run.settled).toBe(false);
    await run.finish('1@b');
    expect(run.started).toEqual(['1@a', '1@b']);
    expect(await run.outcome).toMatchObject({ done: ['1@a', '1@b'], skipped: ['2@a'] });
    expect(run.told()).toContain('skipped 2@a: interrupted');
  });

  test('steps that ended well leave an interruption behind, not a success', async () => {
    const run = new HandRun(step('1@a'), step('2@a', '1@a'));
    await run.rest();
    run.controller.abort();
    await run.finish('1@a');
    expect((await run.outcome).failures).toEqual([expect.any(InterruptedError)]);
  });

  test('after the last step began: a run that got everything done is done', async () => {
    const run = new HandRun(step('1@a'));
    await run.rest();
    run.controller.abort();
    await run.finish('1@a');
    expect(await run.outcome).toEqual({ done: ['1@a'], skipped: [], failures: [] });
  });

  test('at the very moment in which a step ends: the next does not start', async () => {
    const run = new HandRun(step('1@a'), step('2@a', '1@a'));
    await run.rest();
    run.end('1@a').resolve();
    run.controller.abort();
    await run.rest();
    expect(run.started).toEqual(['1@a']);
  });

  test('a step that breaks off because of it is interrupted, with the cause kept', async () => {
    const run = new HandRun(step('1@a'));
    await run.rest();
    run.controller.abort();
    const cause = new DOMException('aborted', 'AbortError');
    await run.fail('1@a', cause);
    const [failure] = (await run.outcome).failures;
    expect(failure).toBeInstanceOf(InterruptedError);
    expect(failure).toMatchObject({ cause, details: { node: 'a' } });
  });
});

describe('a plan in the wrong order starts nothing', () => {
  test.each([
    ['unknown', [step('1@a'), step('2@a', '0@a')]],
    ['later', [step('2@a', '1@a'), step('1@a')]],
    ['itself', [step('1@a', '1@a')]],
  ] as const)('a dependency that is %s', async (_, steps) => {
    const started: StepId[] = [];
    const perform = async ({ id }: Step): Promise<void> => void started.push(id);
    const run = executeSteps(steps, { emit: () => undefined, elapsedMs: () => 0, signal: new AbortController().signal, perform });
    await expect(run).rejects.toThrow(InternalError);
    expect(started).toEqual([]);
  });
});
