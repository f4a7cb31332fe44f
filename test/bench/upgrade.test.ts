import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isReady } from '../../bench/await-ready.ts';
import { criticalPath } from '../../bench/critical-path.ts';
import type { KubeadmNode } from '../../bench/kubeadm-ha-files.ts';
import { upgradeScript } from '../../bench/kubeadm-upgrade-script.ts';
import { partsOf, readStamps } from '../../bench/measure-ha-kubeadm.ts';
import { type Probe, readyAfter, serverAways } from '../../bench/probe-log.ts';
import { areAllReady } from '../../bench/require-release.ts';
import type { TimedEvent } from '../../bench/run-events.ts';
import { parseUnitTimes } from '../../bench/unit-times.ts';
import { accountFor, phaseOfStep } from '../../bench/upgrade-account.ts';
import { stepSpans, upgradeStages } from '../../bench/upgrade-stages.ts';
import { runLocal } from '../../src/lab/run-local.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'kcluster-bench-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const node = (name: string, role: KubeadmNode['role']): KubeadmNode => ({ name, address: '10.0.0.1', role });
const nodes = [node('cp1', 'first'), node('cp2', 'control-plane'), node('w1', 'worker')];

describe('the documented procedure of kubeadm', () => {
  /** Instead of ssh: notes who was asked what. @param status sh that ends as the word would */
  const run = async (status: string): Promise<{ readonly said: readonly string[]; readonly asked: readonly string[] }> => {
    const ssh = ({ name }: KubeadmNode) => ['sh', '-c', `printf '%s: %s\\n' "$1" "$2" >>${directory}/asked; ${status}`, 'sh', name];
    const script = upgradeScript(nodes, '1.37.1', ssh).replaceAll('sleep 2', ':');
    const said = (await runLocal(['sh', '-c', script])).split('\n');
    return { said, asked: (await readFile(path.join(directory, 'asked'), 'utf8')).trimEnd().split('\n') };
  };

  test('takes one node after the other, asking the first control plane about all of them', async () => {
    const { said, asked } = await run(':');
    expect(asked.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      ...['cp1', 'cp1', 'cp1', 'cp1', 'cp1'],
      ...['cp2', 'cp1', 'cp2', 'cp1', 'cp1'],
      ...['w1', 'cp1', 'w1', 'cp1', 'cp1'],
    ]);
    expect(asked[0]).toContain('exec kubeadm upgrade apply v1.37.1 --yes');
    for (const index of [5, 10]) expect(asked[index]).toContain('exec kubeadm upgrade node');
    expect(asked.slice(10, 14).join('\n')).toMatch(/drain w1 .*restart kubelet.*uncordon w1/s);
    expect(partsOf(readStamps(said)).map(({ part }) => part)).toEqual(
      nodes.flatMap(({ name }) => ['kubeadm upgrade', 'drain', 'kubelet', 'uncordon', 'await'].map((part) => `${part} ${name}`)),
    );
  });

  test('runs kubeadm again that failed, and says so', async () => {
    const { said, asked } = await run(`case $2 in *'upgrade node'*) mkdir ${directory}/failed-"$1" 2>/dev/null && exit 1; esac; :`);
    expect(said.filter((line) => line.startsWith('bench-again'))).toEqual(['bench-again 1', 'bench-again 1']);
    expect(asked.filter((line) => line.includes('upgrade node'))).toHaveLength(4);
  });

  test('ends with what fails again and again', async () => {
    await expect(run('case $2 in *drain*) exit 1; esac; :')).rejects.toThrow();
    const asked = await readFile(path.join(directory, 'asked'), 'utf8');
    expect(asked.match(/drain cp1/g)).toHaveLength(5);
    expect(asked).not.toContain('cp2');
  });
});

describe('the log of probes', () => {
  const probes = (...statuses: readonly (number | undefined)[]): readonly Probe[] =>
    statuses.map((status, index) => ({
      askedAtMs: index * 100,
      endedAtMs: index * 100 + 10,
      ...(status === undefined ? {} : { status }),
    }));
  const none = { longestMs: 0, totalMs: 0 };
  const awayOf = (...statuses: readonly (number | undefined)[]) => serverAways(new Map([['cp1', probes(...statuses)]]))[0];

  test('counts nothing as long as every answer is good', () => {
    expect(awayOf(200, 200, 200)).toEqual({ server: 'cp1', unready: none, silent: none });
  });

  test('counts from the last good answer to the next one, and silence apart', () => {
    expect(awayOf(200, 500, 500, undefined, 500, 200)).toEqual({
      server: 'cp1',
      unready: { longestMs: 500, totalMs: 500 },
      silent: { longestMs: 200, totalMs: 200 },
    });
  });

  test('keeps the longest of several stretches, and their sum', () => {
    expect(awayOf(200, undefined, 200, 200, undefined, undefined, 200)?.silent).toEqual({ longestMs: 300, totalMs: 500 });
  });

  test('counts a server that was not there at first, or is not at last', () => {
    expect(awayOf(undefined, 200)?.silent).toEqual({ longestMs: 110, totalMs: 110 });
    expect(awayOf(200, undefined, undefined)?.silent).toEqual({ longestMs: 200, totalMs: 200 });
    expect(awayOf()).toEqual({ server: 'cp1', unready: none, silent: none });
  });

  test('says when a server was ready again', () => {
    const log = probes(200, undefined, 500, 200, 200);
    expect(readyAfter(log, 50)).toBe(310);
    expect(readyAfter(log, 1_000)).toBeNaN();
  });
});

test('a node is Ready with its new kubelet, not with its old one', () => {
  const object = (kubeletVersion: string) =>
    JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion } } });
  expect(isReady(object('v1.36.5'))).toBe(true);
  expect(isReady(object('v1.36.5'), '1.37.1')).toBe(false);
  expect(isReady(object('v1.37.1'), '1.37.1')).toBe(true);
});

test.each([
  ['cp1 v1.37.1 True\nw1 v1.37.1 True\n', true],
  ['cp1 v1.37.1 True\n', false],
  ['cp1 v1.37.1 True\nw1 v1.36.5 True\n', false],
  ['cp1 v1.37.1 True\nw1 v1.37.1 False\n', false],
])('of %j the end is %s', (told, expected) => {
  expect(areAllReady(told, '1.37.1', 2)).toBe(expected);
});

test('a unit that was started anew tells when it was told to end', () => {
  const shown = (exit: number): string =>
    `Id=etcd.service\nNRestarts=0\nExecMainStartTimestampMonotonic=5000000\nActiveEnterTimestampMonotonic=6000000\nActiveExitTimestampMonotonic=${exit}\n`;
  expect(parseUnitTimes('cp1', shown(4_000_000), 100)[0]).toMatchObject({ stopMs: 4_100, startMs: 5_100, activeMs: 6_100 });
  expect(parseUnitTimes('cp1', shown(0), 100)[0]).not.toHaveProperty('stopMs');
});

describe('an upgrade', () => {
  const event = (atMs: number, type: string, more: object = {}): TimedEvent => ({ atMs, event: { type, ...more } });
  const planned = (step: string, after: readonly string[], kind = 'unit') => {
    const [phase, host] = step.split('@');
    return { step, phase, node: host, after, actions: [{ kind }] };
  };
  const steps = [
    planned('etcd/run-cp1@cp1', []),
    planned('kube-apiserver/run@cp1', ['etcd/run-cp1@cp1']),
    planned('nodes/cordon-cp1@cp1', ['kube-apiserver/run@cp1'], 'kube-cordon'),
    planned('nodes/drain-cp1@cp1', ['nodes/cordon-cp1@cp1'], 'kube-drain'),
    planned('kubelet/run-cp1@cp1', ['nodes/drain-cp1@cp1', 'never@cp1']),
    planned('kube-proxy/run-cp1@cp1', ['kubelet/run-cp1@cp1'], 'file'),
    planned('skipped/run@cp1', []),
  ];
  const times: readonly (readonly [string, number, number])[] = [
    ['etcd/run-cp1@cp1', 2_000, 4_000],
    ['kube-apiserver/run@cp1', 4_000, 12_000],
    ['nodes/cordon-cp1@cp1', 12_000, 12_200],
    ['nodes/drain-cp1@cp1', 12_300, 15_300],
    ['kubelet/run-cp1@cp1', 15_300, 18_300],
    ['kube-proxy/run-cp1@cp1', 18_300, 18_400],
  ];
  const events = [
    event(100, 'run-started'),
    event(1_000, 'planned', { steps }),
    ...times.flatMap(([step, start, end]) => [event(start, 'step-started', { step }), event(end, 'step-finished', { step })]),
    event(18_500, 'run-finished'),
  ];
  const unit = (name: string, stop: number, start: number, active: number) => ({
    host: 'cp1',
    unit: name,
    stopMs: 1_000_000 + stop,
    startMs: 1_000_000 + start,
    activeMs: 1_000_000 + active,
    restarts: 0,
  });
  const stages = upgradeStages({
    startedAtMs: 1_000_000,
    events,
    units: [
      unit('etcd', 2_500, 2_600, 3_500),
      unit('kube-apiserver', 4_500, 9_000, 10_000),
      unit('kubelet', 15_800, 15_900, 16_500),
      // Of another run.
      unit('kube-proxy', 500, 600, 700),
    ],
    probes: new Map([['cp1', [{ askedAtMs: 1_011_000, endedAtMs: 1_011_500, status: 200 }]]]),
    readyAtMs: new Map([['cp1', 1_017_800]]),
  });
  const path_ = criticalPath(
    stages,
    stages.map(({ id }) => id),
  );

  test('has for its waits processes that end and start, and pods that leave', () => {
    expect(stages.map(({ id, startMs, readyMs }) => [id, readyMs - startMs])).toEqual([
      ['etcd/run-cp1@cp1', 1_000],
      ['kube-apiserver/run@cp1', 7_000],
      ['nodes/cordon-cp1@cp1', 0],
      ['nodes/drain-cp1@cp1', 3_000],
      ['kubelet/run-cp1@cp1', 2_000],
      ['kube-proxy/run-cp1@cp1', 0],
    ]);
    expect(path_.totalMs).toBe(13_000);
  });

  test('is accounted for to the last second', () => {
    const account = accountFor({ events, commandSeconds: 18.6 }, path_, ['cp1']);
    expect(account.map(({ part, steps: count, seconds, waitSeconds }) => [part, count, seconds.toFixed(1), waitSeconds])).toEqual([
      ['starts, connects, looks, plans', 0, '1.0', 0],
      ['makes a backup, takes the lock', 0, '1.0', 0],
      ['etcd/run', 1, '2.0', 1],
      ['kube-apiserver/run', 1, '8.0', 7],
      ['nodes/cordon', 1, '0.2', 0],
      ['nodes/drain', 1, '3.0', 3],
      ['kubelet/run', 1, '3.0', 2],
      ['kube-proxy/run', 1, '0.1', 0],
      ['between steps', 0, '0.1', 0],
      ['ends', 0, '0.2', 0],
    ]);
    expect(account.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(18.6);
  });

  test('names waits of the critical path beside the chain of steps', () => {
    const link = (id: string, ownMs: number) => ({ id, startMs: 0, readyMs: 0, ownMs });
    const other = { totalMs: 500, links: [link('kube-scheduler/run@cp1', 500), link('host/units@cp1', 0)] };
    const account = accountFor({ events, commandSeconds: 18.6 }, other, ['cp1']);
    expect(account.filter(({ waitSeconds }) => waitSeconds > 0)).toEqual([
      { part: 'kube-scheduler/run', steps: 0, seconds: 0, waitSeconds: 0.5 },
    ]);
    expect(account.map(({ part }) => part)).not.toContain('host/units');
  });

  test('without any step has no account', () => {
    expect(accountFor({ events: [event(1, 'planned')], commandSeconds: 1 }, path_, ['cp1'])).toEqual([]);
    expect(stepSpans([])).toEqual(new Map());
  });

  test.each([
    ['kubelet/run-lab-cp1@lab-cp1', 'kubelet/run'],
    ['nodes/drain-lab-w1@lab-cp1', 'nodes/drain'],
    ['kube-apiserver/run@lab-cp1', 'kube-apiserver/run'],
  ])('%s is part of %s', (step, phase) => {
    expect(phaseOfStep(step, ['lab-cp1', 'lab-w1'])).toBe(phase);
  });
});
