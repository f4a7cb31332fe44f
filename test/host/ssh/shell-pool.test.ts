import { describe, expect, test } from 'vitest';
import type { Shell } from '../../../src/host/ssh/shell.ts';
import { AbortedWait, type Lane, ShellPool } from '../../../src/host/ssh/shell-pool.ts';

/** A pool whose shells are counted; `allowed` is how many the host lets in. */
function makePool(allowed = 100) {
  const shells: { isOpen: boolean; discard(): void }[] = [];
  const make = () => {
    const shell = {
      isOpen: true,
      discard() {
        this.isOpen = false;
      },
    };
    shells.push(shell);
    return shell as unknown as Shell;
  };
  const start = async () => {
    if (shells.filter((shell) => shell.isOpen).length >= allowed) throw new RangeError('MaxSessions');
    return make();
  };
  return { shells, pool: new ShellPool(make(), start) };
}

/** Work in a lane that goes on until it is told to end. */
function work(pool: ShellPool, lane: Lane, signal?: AbortSignal) {
  const end = Promise.withResolvers<void>();
  const state: { shell?: Shell } = {};
  const done = pool.use(lane, signal, async (shell) => {
    state.shell = shell;
    await end.promise;
    return shell;
  });
  done.catch(() => undefined);
  return { state, done, end: () => end.resolve() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const running = (works: readonly { readonly state: { readonly shell?: Shell } }[]) =>
  works.filter((each) => each.state.shell !== undefined).length;

describe('a pool', () => {
  test.each([
    ['run', 4],
    ['upload', 2],
    ['download', 2],
    ['follow', 2],
  ] as const)('lends at most so many shells to %s: %d', async (lane, most) => {
    const { pool, shells } = makePool();
    const works = Array.from({ length: 10 }, () => work(pool, lane));
    await settle();
    expect([running(works), shells.length]).toEqual([most, most]);
    works[0]?.end();
    await settle();
    expect([running(works), shells.length]).toEqual([most + 1, most]);
  });

  test('never has more than seven shells, and each does one thing at a time', async () => {
    const { pool, shells } = makePool();
    const works = (['run', 'upload', 'follow'] as const).flatMap((lane) => Array.from({ length: 5 }, () => work(pool, lane)));
    await settle();
    expect([running(works), shells.length]).toEqual([7, 7]);
    expect(new Set(works.map((each) => each.state.shell).filter((shell) => shell !== undefined)).size).toBe(7);
  });

  test('reuses a free shell before it starts one', async () => {
    const { pool, shells } = makePool();
    for (let index = 0; index < 5; index++) await pool.use('run', undefined, async () => undefined);
    expect(shells.length).toBe(1);
  });

  test('does not lend a closed shell again', async () => {
    const { pool, shells } = makePool();
    await pool.use('run', undefined, async (shell) => shell.discard(new Error()));
    const shell = await pool.use('run', undefined, async (each) => each);
    expect([shell.isOpen, shells.length]).toEqual([true, 2]);
  });

  test('lends a shell again after work that failed', async () => {
    const { pool, shells } = makePool();
    await expect(pool.use('run', undefined, () => Promise.reject(new RangeError('bad')))).rejects.toThrow('bad');
    await pool.use('run', undefined, async () => undefined);
    expect(shells.length).toBe(1);
  });
});

describe('where the host allows fewer', () => {
  test('work waits for the shells there are', async () => {
    const { pool, shells } = makePool(2);
    const works = Array.from({ length: 6 }, () => work(pool, 'run'));
    await settle();
    expect(running(works)).toBe(2);
    for (const each of works) each.end();
    await Promise.all(works.map((each) => each.done));
    expect(shells.length).toBe(2);
  });

  test('and follows hold all of them, others hear why', async () => {
    const { pool } = makePool(1);
    const follow = work(pool, 'follow');
    await settle();
    await expect(pool.use('run', undefined, async () => undefined)).rejects.toThrow('MaxSessions');
    follow.end();
    await follow.done;
    await pool.use('run', undefined, async () => undefined);
  });

  test('and follows hold all of them after that was found out, others hear why at once', async () => {
    const { pool } = makePool(1);
    await Promise.all(Array.from({ length: 3 }, () => pool.use('run', undefined, settle)));
    const follow = work(pool, 'follow');
    await settle();
    await expect(pool.use('upload', undefined, async () => undefined)).rejects.toThrow('MaxSessions');
    follow.end();
    await follow.done;
    await pool.use('run', undefined, async () => undefined);
  });

  test('and none is left, all who wait hear why', async () => {
    const { pool, shells } = makePool(0);
    shells[0]?.discard();
    await expect(pool.use('run', undefined, async () => undefined)).rejects.toThrow('MaxSessions');
  });
});

describe('a signal', () => {
  test('ends the wait for a shell, and the place goes to the next', async () => {
    const { pool } = makePool(1);
    const first = work(pool, 'run');
    const stop = new AbortController();
    const second = work(pool, 'run', stop.signal);
    const third = work(pool, 'run');
    await settle();
    stop.abort();
    await expect(second.done).rejects.toThrow(AbortedWait);
    first.end();
    await settle();
    expect([running([second]), running([third])]).toEqual([0, 1]);
  });

  test('that is aborted already starts nothing', async () => {
    const { pool } = makePool();
    await expect(pool.use('run', AbortSignal.abort(), async () => undefined)).rejects.toThrow(AbortedWait);
  });
});

test('a closed pool rejects all who wait or come, and closes its shells', async () => {
  const { pool, shells } = makePool();
  const works = Array.from({ length: 6 }, () => work(pool, 'run'));
  await settle();
  pool.close(new RangeError('lost'));
  await expect(works[5]?.done).rejects.toThrow('lost');
  await expect(pool.use('run', undefined, async () => undefined)).rejects.toThrow('lost');
  expect(shells.filter((shell) => shell.isOpen)).toEqual([]);
});

test('a shell that comes up after the close is closed', async () => {
  const { pool, shells } = makePool();
  work(pool, 'run');
  const waiting = work(pool, 'run');
  pool.close(new RangeError('lost'));
  await expect(waiting.done).rejects.toThrow('lost');
  await settle();
  expect(shells.filter((shell) => shell.isOpen)).toEqual([]);
});
