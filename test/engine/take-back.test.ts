import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { doneMark } from '../../src/engine/actions/step-script.ts';
import type { Condition } from '../../src/engine/condition.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { runStep, type StepTools } from '../../src/engine/run-step.ts';
import { ConnectionLostError, StoppedError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { material, stepOf } from './support/step-of.ts';

const keep: Action = { kind: 'keep', name: 'toy-run-1.2.3', paths: ['/opt/toy'], units: ['toy.service'] };
const restart: Action = { kind: 'unit', unit: 'toy.service', op: 'restart', inputs: [], why: '' };
const gate: Condition = { title: 'toy is active', deadlineMs: 0, test: { kind: 'unit-active', unit: 'toy.service' } };
const step = { ...stepOf([keep, restart]), gate: [gate] };

const [stepScript, condition, putBack, forget] = [
  /kc_action_0\(\)/,
  /^(?![\s\S]*kc_)[\s\S]*(?:is-active|systemctl show)/,
  /files \|\| exit/,
  /^rm -f '?\/var\/lib\/kcluster\/kept/,
];

function toolsOf(signal = new AbortController().signal) {
  const host = new FakeHost('n1');
  const events: RunEvent[] = [];
  const tools: StepTools = {
    host,
    controlPlaneHosts: [],
    artifacts: { fileOf: () => '' },
    prepare: async () => material,
    runId: 'run-1',
    emit: (event) => events.push(event),
    elapsedMs: () => 5,
    signal,
  };
  host.on(putBack);
  host.on(stepScript, { stdout: `${doneMark} 0\n${doneMark} 1\n` });
  host.on(forget);
  return { host, events, tools };
}
const titles = (host: FakeHost): readonly (string | undefined)[] => host.sent.map((sent) => ('title' in sent ? sent.title : undefined));
const failure = (running: Promise<void>): Promise<unknown> =>
  running.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a step that kept what it replaces', () => {
  test('forgets it once its gate is open', async () => {
    const { host, tools } = toolsOf();
    host.on(condition);
    await runStep(step, tools);
    expect(titles(host)).toEqual([step.id, 'wait: toy is active', `${step.id}: forget what was kept`]);
  });

  test('puts it back when its gate stays closed, awaits it again, and says so', async () => {
    const { host, events, tools } = toolsOf();
    let asked = 0;
    host.on(condition, () => ({ code: asked++ === 0 ? 1 : 0, stdout: 'failed' }));
    const error = await failure(runStep(step, tools));
    expect(titles(host)).toEqual([step.id, 'wait: toy is active', 'put back toy-run-1.2.3', 'wait: toy is active']);
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^n1: toy is active did not come true .*; toy.service runs again with what it had before$/),
    });
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
      { level: 'warning', node: 'n1', text: expect.stringContaining('putting back') },
    ]);
  });

  test('that cannot be put back names both failures, and where it lies', async () => {
    const { host, tools } = toolsOf();
    host.on(condition, { code: 1, stdout: 'failed' });
    host.on(putBack, { code: 5 });
    const error = await failure(runStep(step, tools));
    expect(error).toMatchObject({
      message: expect.stringMatching(/toy is active did not come true .*; and it could not be put back: putting back ended with status 5$/),
      details: { remedy: expect.stringContaining('/var/lib/kcluster/kept/toy-run-1.2.3') },
    });
  });

  test('that is put back and stays unwell says that the cause is another one, and names no copy: it is used up', async () => {
    const { host, tools } = toolsOf();
    host.on(condition, { code: 1, stdout: 'failed' });
    expect(await failure(runStep(step, tools))).toMatchObject({
      message: expect.stringMatching(
        /^n1: toy is active did not .*; toy.service has again what it had before, and is not well with that either: toy is active did not/,
      ),
      details: { remedy: expect.not.stringContaining('/kept/') },
    });
  });

  test('is left as it is while the host is away: the next run goes on', async () => {
    const { host, tools } = toolsOf();
    const lost = new ConnectionLostError('the connection broke', { node: 'n1' });
    host.on(condition, () => {
      throw lost;
    });
    expect(await failure(runStep(step, tools))).toBe(lost);
    expect(titles(host).join()).not.toContain('put back');
  });

  test('is left as it is when somebody interrupts', async () => {
    const stop = new AbortController();
    const { host, tools } = toolsOf(stop.signal);
    host.on(condition, () => {
      stop.abort(new Error('stop'));
      return { code: 1 };
    });
    await failure(runStep(step, tools));
    expect(titles(host).join()).not.toContain('put back');
  });
});
