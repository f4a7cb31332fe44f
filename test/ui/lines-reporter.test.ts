import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { createReporter } from '../../src/ui/create-reporter.ts';
import { makeOutput, makeStep, oneHostFails, oneHostMissing, success } from './recorded-runs.ts';

async function report(events: readonly RunEvent[]): Promise<string> {
  const out = makeOutput();
  const reporter = createReporter('lines', out);
  for (const event of events) reporter.emit(event);
  await reporter.end();
  return `\n${out.text()}`;
}

describe('lines', () => {
  test('a run that succeeds', async () => {
    expect(await report(success)).toMatchInlineSnapshot(`
      "
        0:00.0  -    init of cluster demo begins on 3 hosts (run r1)
        0:00.1  cp1  connected
        0:00.1  cp2  connected
        0:00.1  cp3  connected
        0:00.4  cp1  looked at: 41 probes
        0:00.4  cp2  looked at: 41 probes
        0:00.4  cp3  looked at: 41 probes
        0:00.5  -    3 hosts, 9 changes, 3 units started, 0 restarts
        0:00.5  -    fetching etcd 3.6.16 (25 MiB)
        0:00.5  -    etcd 3.6.16 is here (25 MiB)
        0:00.9  cp1  etcd/install: Install etcd: 1 change to make
        0:00.9  cp1  etcd/install: install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)
        0:01.8  cp1  etcd/install: 25 MiB sent
        0:01.9  cp1  etcd/install: done in 1.0s
        0:00.9  cp2  etcd/install: Install etcd: 1 change to make
        0:00.9  cp2  etcd/install: install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)
        0:01.8  cp2  etcd/install: 25 MiB sent
        0:01.9  cp2  etcd/install: done in 1.0s
        0:00.9  cp3  etcd/install: Install etcd: 1 change to make
        0:00.9  cp3  etcd/install: install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)
        0:01.8  cp3  etcd/install: 25 MiB sent
        0:01.9  cp3  etcd/install: done in 1.0s
        0:02.0  cp1  etcd/run: Start etcd: 2 changes to make
        0:02.1  cp1  etcd/run: waiting until etcd answers /readyz: connect ECONNREFUSED
        0:03.0  cp1  etcd/run: waiting until etcd answers /readyz: status 503
        0:04.0  cp1  etcd/run: done in 2.0s
        0:02.0  cp2  etcd/run: Start etcd: 2 changes to make
        0:02.1  cp2  etcd/run: waiting until etcd answers /readyz: connect ECONNREFUSED
        0:03.0  cp2  etcd/run: waiting until etcd answers /readyz: status 503
        0:04.0  cp2  etcd/run: done in 2.0s
        0:02.0  cp3  etcd/run: Start etcd: 2 changes to make
        0:02.1  cp3  etcd/run: waiting until etcd answers /readyz: connect ECONNREFUSED
        0:03.0  cp3  etcd/run: waiting until etcd answers /readyz: status 503
        0:04.0  cp3  etcd/run: done in 2.0s
        0:04.0  cp2  warning: clock is 3 s behind
        0:04.1  -    done: 9 changes made in 4.1s
      "
    `);
  });

  test('one host of three fails', async () => {
    expect(await report(oneHostFails)).toMatchInlineSnapshot(`
      "
        0:00.0  -    init of cluster demo begins on 3 hosts (run r1)
        0:00.1  cp1  connected
        0:00.1  cp2  connected
        0:00.1  cp3  connected
        0:00.4  cp1  looked at: 41 probes
        0:00.4  cp2  looked at: 41 probes
        0:00.4  cp3  looked at: 41 probes
        0:00.5  -    3 hosts, 9 changes, 3 units started, 0 restarts
        0:00.9  cp1  etcd/install: Install etcd: 1 change to make
        0:01.9  cp1  etcd/install: done in 1.0s
        0:00.9  cp2  etcd/install: Install etcd: 1 change to make
        0:01.9  cp2  etcd/install: done in 1.0s
        0:00.9  cp3  etcd/install: Install etcd: 1 change to make
        0:01.9  cp3  etcd/install: done in 1.0s
        0:02.0  cp1  etcd/run: Start etcd: 2 changes to make
        0:02.0  cp2  etcd/run: Start etcd: 2 changes to make
        0:03.0  cp2  etcd/run: FAILED: Start etcd: start etcd.service ended with status 1
        0:04.0  cp1  etcd/run: done in 2.0s
        0:04.0  cp3  etcd/run: not run: etcd/run@cp2 failed
        0:04.1  -    FAILED: 6 changes made in 4.1s
      "
    `);
  });

  test('one host cannot be reached', async () => {
    expect(await report(oneHostMissing)).toMatchInlineSnapshot(`
      "
        0:00.0  -    init of cluster demo begins on 3 hosts (run r1)
        0:00.1  cp1  connected
        0:00.1  cp2  connected
        0:00.3  cp1  looked at: 41 probes
        0:00.3  cp2  looked at: 41 probes
        0:05.0  cp3  host: FAILED: connect ETIMEDOUT 10.0.0.3:22
        0:05.0  -    FAILED: 0 changes made in 5.0s
      "
    `);
  });

  test('says a wait once, and again when its error changes', async () => {
    const step = makeStep('etcd/run', 'cp1');
    const waiting = (attempt: number, lastError: string): RunEvent => ({
      type: 'waiting',
      step,
      condition: 'it answers',
      attempt,
      lastError,
      atMs: 0,
    });
    const text = await report([waiting(1, ''), waiting(2, 'refused'), waiting(3, 'refused'), waiting(4, 'refused'), waiting(5, 'timeout')]);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => line.replace(/.*etcd\/run: /u, '')),
    ).toEqual(['waiting until it answers', 'waiting until it answers: refused', 'waiting until it answers: timeout']);
  });

  test('says what is long when it begins and when it is over', async () => {
    const progress = (what: string, doneBytes: number, node?: string): RunEvent => ({
      type: 'progress',
      what,
      doneBytes,
      totalBytes: 2048,
      atMs: 0,
      ...(node === undefined ? {} : { node }),
    });
    const text = await report([
      progress('save a snapshot', 1, 'cp1'),
      progress('save a snapshot', 2, 'cp1'),
      progress('save a snapshot', 2048, 'cp1'),
      progress('read x', 2048),
      { type: 'backup-made', name: 'demo', archive: '/a', sizeBytes: 1024, revision: 5, keys: 1, encrypted: false, atMs: 0 },
    ]);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => line.trim().replace(/^0:00.0 +/u, '')),
    ).toEqual([
      'cp1  save a snapshot (2.0 KiB)',
      'cp1  save a snapshot: done (2.0 KiB)',
      '-  read x: done (2.0 KiB)',
      '-  demo: revision 5, 1 key, 1.0 KiB',
    ]);
  });

  test('escape sequences of a host never reach the terminal', async () => {
    const step = makeStep('etcd/run', 'cp1');
    const text = await report([
      { type: 'waiting', step, condition: 'x', attempt: 1, lastError: '\u001b[2J\u001b]0;title\u0007bad\rnews', atMs: 0 },
    ]);
    expect(text).toContain('waiting until x: bad news\n');
    expect(text).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  test.each([
    ['nothing-to-do', 'nothing to do in 1.2s'],
    ['planned', 'planned; nothing was changed in 1.2s'],
    ['done', 'done: 2 changes made in 1.2s'],
    ['failed', 'FAILED: 2 changes made in 1.2s'],
  ] as const)('ends %s', async (outcome, expected) => {
    const text = await report([{ type: 'run-finished', outcome, changed: 2, atMs: 1200, roundTrips: {} }]);
    expect(text.trim()).toBe(`0:01.2  -  ${expected}`);
  });
});
