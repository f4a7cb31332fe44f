import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { InternalError, StoppedError } from '../../src/errors.ts';
import { createReporter } from '../../src/ui/create-reporter.ts';
import { toJsonError } from '../../src/ui/json-event.ts';
import { etcdFailed, installs, makeOutput, makeStep, plan, runs, success, unreachable } from './recorded-runs.ts';

const install = installs[0] ?? makeStep('etcd/install', 'cp1');
const run = runs[0] ?? makeStep('etcd/run', 'cp1');
const secretFile = {
  kind: 'file',
  path: '/etc/kubernetes/pki/ca.key',
  content: { text: 'THE CONTENT' },
  mode: 0o600,
  owner: 'root',
  group: 'root',
  expected: 'absent',
  why: '',
} as const;

/** One of each; the keys make a forgotten type a type error. */
const eachType: { readonly [T in RunEvent['type']]: Extract<RunEvent, { type: T }> } = {
  'run-started': { type: 'run-started', workflow: 'init', cluster: 'demo', runId: 'r1', nodes: ['cp1', 'w1'] },
  'host-connected': { type: 'host-connected', node: 'cp1', atMs: 12.7 },
  'host-failed': { type: 'host-failed', node: 'cp3', atMs: 13, error: unreachable },
  'artifact-progress': { type: 'artifact-progress', artifact: 'etcd 3.6.16', doneBytes: 1, totalBytes: 2 },
  observed: { type: 'observed', node: 'cp1', atMs: 20, probes: 41 },
  planned: {
    type: 'planned',
    plan: {
      ...plan,
      findings: [{ id: 'clock', node: 'cp1', severity: 'warning', message: 'clock is off', remedy: 'Start chrony.' }],
      steps: [{ ...run, actions: [secretFile, ...run.actions] }],
    },
    atMs: 30,
  },
  'step-started': { type: 'step-started', step: run, atMs: 40 },
  'action-started': { type: 'action-started', step: install, index: 0, atMs: 41 },
  'upload-progress': { type: 'upload-progress', step: install, index: 0, sentBytes: 5, totalBytes: 10, atMs: 45 },
  waiting: { type: 'waiting', step: run, condition: 'etcd answers /readyz', attempt: 2, lastError: 'refused', atMs: 50 },
  'step-finished': { type: 'step-finished', step: run, atMs: 60, tookMs: 20.2 },
  'step-failed': { type: 'step-failed', step: run, atMs: 61, error: etcdFailed },
  'step-skipped': { type: 'step-skipped', step: run, atMs: 62, because: 'etcd/run@cp2 failed' },
  progress: { type: 'progress', what: 'save', node: 'cp1', doneBytes: 1, totalBytes: 2, atMs: 3.4 },
  'backup-made': { type: 'backup-made', name: 'a', archive: '/b/a.tar.zst', sizeBytes: 1, revision: 2, keys: 3, encrypted: false, atMs: 4 },
  notice: { type: 'notice', level: 'warning', text: 'old kernel' },
  'run-finished': { type: 'run-finished', outcome: 'failed', changed: 3, atMs: 70, roundTrips: { cp1: 4 } },
};

async function report(events: readonly RunEvent[]): Promise<string> {
  const out = makeOutput();
  const reporter = createReporter('json', out);
  for (const event of events) reporter.emit(event);
  await reporter.end();
  return out.text();
}

describe('json', () => {
  test('every event type has a stable shape', async () => {
    expect(`\n${await report(Object.values(eachType))}`).toMatchInlineSnapshot(`
      "
      {"type":"run-started","apiVersion":"kcluster/v1alpha1","workflow":"init","cluster":"demo","runId":"r1","nodes":["cp1","w1"]}
      {"type":"host-connected","node":"cp1","atMs":13}
      {"type":"host-failed","node":"cp3","atMs":13,"error":{"name":"UnreachableError","exitCode":4,"message":"cp3: connect ETIMEDOUT 10.0.0.3:22","remedy":"Check the address.","node":"cp3"}}
      {"type":"artifact-progress","artifact":"etcd 3.6.16","doneBytes":1,"totalBytes":2}
      {"type":"observed","node":"cp1","atMs":20,"probes":41}
      {"type":"planned","atMs":30,"summary":{"hosts":1,"changes":3,"unitsStarted":1,"restarts":0,"reloads":0},"findings":[{"id":"clock","node":"cp1","severity":"warning","message":"clock is off","remedy":"Start chrony."}],"steps":[{"step":"etcd/run@cp1","phase":"etcd/run","node":"cp1","title":"Start etcd","after":["etcd/install@cp1","etcd/install@cp2","etcd/install@cp3"],"actions":[{"kind":"file","action":"write /etc/kubernetes/pki/ca.key (0600 root:root), 11 B"},{"kind":"file","action":"write /etc/systemd/system/etcd.service (0644 root:root), 7 B: not there yet"},{"kind":"unit","action":"start etcd.service: not running"}],"gate":["etcd answers /readyz"]}]}
      {"type":"step-started","step":"etcd/run@cp1","phase":"etcd/run","node":"cp1","title":"Start etcd","actions":2,"atMs":40}
      {"type":"action-started","step":"etcd/install@cp1","phase":"etcd/install","node":"cp1","index":0,"kind":"binary","action":"install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)","atMs":41}
      {"type":"upload-progress","step":"etcd/install@cp1","phase":"etcd/install","node":"cp1","index":0,"sentBytes":5,"totalBytes":10,"atMs":45}
      {"type":"waiting","step":"etcd/run@cp1","phase":"etcd/run","node":"cp1","condition":"etcd answers /readyz","attempt":2,"lastError":"refused","atMs":50}
      {"type":"step-finished","step":"etcd/run@cp1","phase":"etcd/run","node":"cp1","atMs":60,"tookMs":20}
      {"type":"step-failed","step":"etcd/run@cp1","phase":"etcd/run","node":"cp1","atMs":61,"error":{"name":"StoppedError","exitCode":5,"message":"cp2: Start etcd: start etcd.service ended with status 1","remedy":"Mend the cause on cp2 and run again.","node":"cp2"}}
      {"type":"step-skipped","step":"etcd/run@cp1","phase":"etcd/run","node":"cp1","atMs":62,"because":"etcd/run@cp2 failed"}
      {"type":"progress","what":"save","node":"cp1","doneBytes":1,"totalBytes":2,"atMs":3}
      {"type":"backup-made","name":"a","archive":"/b/a.tar.zst","sizeBytes":1,"revision":2,"keys":3,"encrypted":false,"atMs":4}
      {"type":"notice","level":"warning","text":"old kernel"}
      {"type":"run-finished","outcome":"failed","changed":3,"atMs":70,"roundTrips":{"cp1":4}}
      "
    `);
  });

  test('one object a line, in order', async () => {
    const lines = (await report(success)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(success.map((event) => event.type));
  });

  test('holds neither file contents nor output of commands', async () => {
    const text = await report(Object.values(eachType));
    expect(text).not.toContain('THE CONTENT');
    expect(text).not.toContain('secret stderr');
    expect(text).toContain('/etc/kubernetes/pki/ca.key');
  });

  test.each(Object.keys(eachType))('%s and its fields are in docs/reference/events.md', async (type) => {
    const reference = readFileSync('docs/reference/events.md', 'utf8');
    const section = reference.split(/^### /mu).find((text) => text.startsWith(`\`${type}\``)) ?? '';
    const fields = Object.keys(JSON.parse(await report([eachType[type as RunEvent['type']]]))).filter((field) => field !== 'type');
    expect(fields.filter((field) => !section.includes(`\`${field}\``))).toEqual([]);
  });
});

describe('errors', () => {
  test('carry name, exit code, message, remedy and node', () => {
    expect(toJsonError(etcdFailed)).toEqual({
      name: 'StoppedError',
      exitCode: 5,
      message: 'cp2: Start etcd: start etcd.service ended with status 1',
      remedy: 'Mend the cause on cp2 and run again.',
      node: 'cp2',
    });
  });

  test('that collect others list them', () => {
    const error = new StoppedError('2 hosts failed', { failures: [etcdFailed, unreachable] });
    expect(toJsonError(error)).toMatchObject({
      failures: [{ name: 'StoppedError' }, { name: 'UnreachableError', exitCode: 4, node: 'cp3' }],
    });
  });

  test.each([
    [new InternalError('odd'), { name: 'InternalError', exitCode: 1, message: 'odd' }],
    [new TypeError('x is not a function'), { name: 'TypeError', exitCode: 1, message: 'x is not a function' }],
    ['text', { name: 'Error', exitCode: 1, message: 'text' }],
  ])('%s', (error, expected) => {
    expect(toJsonError(error)).toEqual(expected);
  });
});
