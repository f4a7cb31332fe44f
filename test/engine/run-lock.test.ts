import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockHosts } from '../../src/engine/run-lock.ts';
import { ConnectionLostError, type KclusterError, LockedError, UnreachableError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import type { Host } from '../../src/host/host.ts';
import { Sandbox } from './support/sandbox.ts';
import { ShellHost } from './support/shell-host.ts';

const cleanups: (() => Promise<void> | void)[] = [];
let machine: Sandbox;
beforeEach(() => {
  machine = sandbox();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function sandbox(): Sandbox {
  const made = new Sandbox();
  cleanups.push(() => made[Symbol.dispose]());
  return made;
}

/** One more connection to a machine. */
function connect(node = 'a', to = machine): ShellHost {
  const host = new ShellHost(node, to);
  cleanups.push(() => host.close());
  return host;
}
const lost: KclusterError[] = [];
const onLost = (error: KclusterError): void => {
  lost.push(error);
};
const hosts = (...list: readonly Host[]): ReadonlyMap<string, Host> => new Map(list.map((host) => [host.node, host]));

describe('one machine', () => {
  test('one run at a time; the other is told who holds it', async () => {
    const first = await lockHosts(hosts(connect()), "ann's run 1", onLost);
    const second = lockHosts(hosts(connect()), 'run 2', onLost);
    await expect(second).rejects.toThrow(LockedError);
    await expect(second).rejects.toThrow(/^a: another run holds the lock: ann's run 1 since \d{4}-\d\d-\d\dT/);
    await first.release();
  });

  test('released, it is free; and a refused run has not taken it with it', async () => {
    const first = await lockHosts(hosts(connect()), 'run 1', onLost);
    await expect(lockHosts(hosts(connect()), 'run 2', onLost)).rejects.toThrow('run 1');
    await first.release();
    const third = await lockHosts(hosts(connect()), 'run 3', onLost);
    await expect(lockHosts(hosts(connect()), 'run 4', onLost)).rejects.toThrow('run 3');
    await third.release();
  });

  test('when the first dies with its connection the second gets it', async () => {
    const dying = connect();
    await lockHosts(hosts(dying), 'run 1', onLost);
    await expect(lockHosts(hosts(connect()), 'run 2', onLost)).rejects.toThrow('run 1');
    await dying.loseConnection();
    await (await lockHosts(hosts(connect()), 'run 3', onLost)).release();
  });

  test('when nobody reads any more the process on the host ends by itself', async () => {
    machine.fake('sleep', 'exit 0');
    const silent = connect();
    await lockHosts(hosts(silent), 'run 1', onLost);
    await silent.stopReading();
    await (await lockHosts(hosts(connect()), 'run 2', onLost)).release();
  });

  test('releasing twice, or after the connection was lost, is harmless', async () => {
    const host = connect();
    const lock = await lockHosts(hosts(host), 'run 1', onLost);
    await host.loseConnection();
    await lock.release();
    await lock.release();
  });

  test('a lock that goes with its connection is reported, one that is released is not', async () => {
    lost.length = 0;
    const kept = connect();
    await (await lockHosts(hosts(kept), 'run 1', onLost)).release();
    expect(lost).toEqual([]);
    const dying = connect();
    const { promise, resolve } = Promise.withResolvers<KclusterError>();
    await lockHosts(hosts(dying), 'run 2', resolve);
    await dying.loseConnection();
    expect((await promise).message).toContain('a: the connection broke, and the run lock with it');
  });

  test.each<[what: string, why: Error | number, exitCode: number, message: string]>([
    ['a connection that was cut', new ConnectionLostError('cut', { node: 'a' }), 4, 'a: the connection broke, and the run lock with it'],
    ['a host that is silent', new UnreachableError('silent', { node: 'a' }), 4, 'a: the connection broke, and the run lock with it'],
    ['a lock that somebody ended', 143, 6, 'a: the process that held the run lock has ended'],
  ])('%s is told as such', async (_, why, exitCode, message) => {
    const { promise: gone, resolve: end, reject } = Promise.withResolvers<number>();
    const host = new FakeHost('a');
    host.follow = (_script, onLine) => {
      onLine('held');
      return gone;
    };
    const { promise, resolve } = Promise.withResolvers<KclusterError>();
    await lockHosts(hosts(host), 'run 1', resolve);
    if (typeof why === 'number') end(why);
    else reject(why);
    expect(await promise).toMatchObject({ exitCode, message });
  });

  test('its files are for root only', async () => {
    const lock = await lockHosts(hosts(connect()), 'run 1', onLost);
    expect(statSync(machine.path('var/lib/kcluster')).mode & 0o7777).toBe(0o700);
    expect(readFileSync(machine.path('var/lib/kcluster/lock.holder'), 'utf8')).toMatch(/^run 1 since /);
    await lock.release();
  });

  test('a host that cannot be locked says so: not that somebody holds it', async () => {
    mkdirSync(machine.path('var/lib'), { recursive: true });
    machine.write('var/lib/kcluster', 'a file');
    await expect(lockHosts(hosts(connect()), 'run 1', onLost)).rejects.toThrow('a: the lock could not be taken (status 74)');
  });

  test('a connection that breaks before the lock is held is that failure', async () => {
    const host = connect();
    host.follow = () => Promise.reject(new ConnectionLostError('gone', { node: 'a' }));
    await expect(lockHosts(hosts(host), 'run 1', onLost)).rejects.toThrow(ConnectionLostError);
  });
});

describe('several machines', () => {
  test('no machine, no lock', async () => {
    await (await lockHosts(new Map(), 'run 1', onLost)).release();
  });

  test('they are taken in order of their names, whatever the order given', async () => {
    const order: string[] = [];
    const watched = (node: string): ShellHost => {
      const host = connect(node, sandbox());
      const follow = host.follow.bind(host);
      host.follow = (...args) => {
        order.push(node);
        return follow(...args);
      };
      return host;
    };
    const lock = await lockHosts(hosts(watched('c'), watched('a'), watched('b')), 'run 1', onLost);
    expect(order).toEqual(['a', 'b', 'c']);
    await lock.release();
  });

  test('a run that cannot have them all keeps none', async () => {
    const [one, two] = [sandbox(), sandbox()];
    const holder = await lockHosts(hosts(connect('b', two)), 'run 1', onLost);
    const refused = lockHosts(hosts(connect('b', two), connect('a', one)), 'run 2', onLost);
    await expect(refused).rejects.toThrow('b: another run holds the lock: run 1');
    const free = await lockHosts(hosts(connect('a', one)), 'run 3', onLost);
    await Promise.all([holder.release(), free.release()]);
  });

  test('of two runs at once exactly one gets them all', async () => {
    const [one, two] = [sandbox(), sandbox()];
    const attempt = (holder: string) => lockHosts(hosts(connect('a', one), connect('b', two)), holder, onLost);
    const settled = await Promise.allSettled([attempt('run 1'), attempt('run 2')]);
    const held = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(held).toHaveLength(1);
    await held[0]?.release();
  });
});
