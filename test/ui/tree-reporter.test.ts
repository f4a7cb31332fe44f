import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import type { Output } from '../../src/ui/output.ts';
import { TreeReporter } from '../../src/ui/tree-reporter.ts';
import { type FakeOutput, makeOutput, oneHostFails, oneHostMissing, success, until } from './recorded-runs.ts';

async function draw(events: readonly RunEvent[], extra: Partial<Output> = {}): Promise<FakeOutput> {
  const out = makeOutput({ isTTY: true, ...extra });
  const reporter = new TreeReporter(out, () => 0);
  for (const event of events) reporter.emit(event);
  await reporter.end();
  return out;
}

const cursorHidden = '\u001b[?25l';
const cursorShown = '\u001b[?25h';

describe('tree, as it stands on the screen at the end', () => {
  test('a run that succeeds', async () => {
    expect(`\n${(await draw(success)).still()}`).toMatchInlineSnapshot(`
      "
      ✔ Looked at 3 hosts  0.5s
      ✔ Fetched 1 artifact  25 MiB
      ✔ cp1  2 phases, 3 changes  3.1s
      ✔ cp2  2 phases, 3 changes  3.1s
      ✔ cp3  2 phases, 3 changes  3.1s
      warning: cp2: clock is 3 s behind
      "
    `);
  });

  test('what is long is a row of its own, one after the other', async () => {
    const progress = (what: string, doneBytes: number, node?: string): RunEvent => ({
      type: 'progress',
      what,
      doneBytes,
      totalBytes: 2048,
      atMs: 0,
      ...(node === undefined ? {} : { node }),
    });
    const events = [progress('save', 1, 'cp1'), progress('save', 2048, 'cp1'), progress('read x', 512), progress('read x', 1024)];
    expect(`\n${(await draw(events)).still()}`).toMatchInlineSnapshot(`
      "
      ✔ cp1: save  2.0 KiB
      ↓ read x  1.0 KiB of 2.0 KiB (50%)
      "
    `);
  });

  test('one host of three fails', async () => {
    expect(`\n${(await draw(oneHostFails)).still()}`).toMatchInlineSnapshot(`
      "
      ✔ Looked at 3 hosts  0.5s
      ✔ cp1  2 phases, 3 changes  3.1s
      ✖ cp2  etcd/run failed: Start etcd: start etcd.service ended with status 1
      ↓ cp3  stopped after 1 of 2 phases
      "
    `);
  });

  test('one host cannot be reached', async () => {
    expect(`\n${(await draw(oneHostMissing)).still()}`).toMatchInlineSnapshot(`
      "
      ✖ Looked at 2 of 3 hosts, not cp3  5.0s
      "
    `);
  });

  test('a run that breaks off in the middle says what was not done', async () => {
    const broken = until(success, (event) => event.type === 'waiting');
    expect(`\n${(await draw(broken)).still()}`).toMatchInlineSnapshot(`
      "
      ✔ Looked at 3 hosts  0.5s
      ✔ Fetched 1 artifact  25 MiB
      ↓ cp1  stopped after 1 of 2 phases
      ↓ cp2  stopped after 1 of 2 phases
      ↓ cp3  stopped after 1 of 2 phases
      "
    `);
  });

  test('more hosts than lines: rows are phases', async () => {
    expect(`\n${(await draw(oneHostFails, { rows: 12 })).still()}`).toMatchInlineSnapshot(`
      "
      ✔ Looked at 3 hosts  0.5s
      ✔ etcd/install  3 hosts, 3 changes  1.0s
      ✖ etcd/run  cp2 failed: Start etcd: start etcd.service ended with status 1
      "
    `);
  });

  test('nothing to do leaves one row', async () => {
    const planned = until(success, (event) => event.type === 'planned');
    const text = (
      await draw([...planned, { type: 'run-finished', outcome: 'nothing-to-do', changed: 0, atMs: 500, roundTrips: {} }])
    ).still();
    expect(text).toBe('✔ Looked at 3 hosts  0.5s\n');
  });
});

describe('the screen', () => {
  test('is given back with its cursor, also after a failure', async () => {
    const text = (await draw(oneHostFails)).text();
    expect(text.lastIndexOf(cursorShown)).toBeGreaterThan(text.lastIndexOf(cursorHidden));
    expect(text.lastIndexOf(cursorHidden)).toBeGreaterThan(-1);
  });

  test('stands still between planning and the first step, for a question', async () => {
    const out = makeOutput({ isTTY: true });
    const reporter = new TreeReporter(out, () => 0);
    const planned = until(success, (event) => event.type === 'planned');
    for (const event of planned) reporter.emit(event);
    await reporter.end();
    const before = out.text();
    expect(before).toContain('Looked at 3 hosts');
    for (const event of success.slice(planned.length)) reporter.emit(event);
    expect(out.text()).toBe(before);
    await reporter.end();
    expect(out.text()).toContain('✔ cp1  2 phases, 3 changes');
  });

  test('end twice is the same as once', async () => {
    const out = makeOutput({ isTTY: true });
    const reporter = new TreeReporter(out, () => 0);
    for (const event of success) reporter.emit(event);
    await reporter.end();
    const { length } = out.writes;
    await reporter.end();
    expect(out.writes).toHaveLength(length);
  });

  test('a display that fails does not fail the run', async () => {
    const lines: string[] = [];
    const out = makeOutput({
      isTTY: true,
      write: (text) => {
        if (text.includes('\u001b')) throw new Error('screen is gone');
        lines.push(text);
      },
    });
    const reporter = new TreeReporter(out, () => 0);
    for (const event of success) reporter.emit(event);
    await reporter.end();
    expect(lines.join('')).toContain('screen is gone');
  });

  test('no signal handlers of its own', async () => {
    const before = process.listenerCount('SIGINT');
    const out = makeOutput({ isTTY: true });
    const reporter = new TreeReporter(out, () => 0);
    reporter.emit({ type: 'run-started', workflow: 'init', cluster: 'demo', runId: 'r', nodes: ['a'] });
    expect(process.listenerCount('SIGINT')).toBe(before);
    await reporter.end();
  });

  test('colours only when wanted', async () => {
    const colored = (await draw(oneHostFails, { colors: true })).text();
    const plain = (await draw(oneHostFails)).text();
    expect(colored).toContain('\u001b[31m');
    expect(plain).not.toContain('\u001b[31m');
  });
});
