import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { balancerConfig, type KubeadmCluster, type KubeadmNode, kubeadmHaConfig, operatorScript } from '../../bench/kubeadm-ha-files.ts';
import { busyShare, parseProcessorTime } from '../../bench/machine.ts';
import { partsOf, readStamps } from '../../bench/measure-ha-kubeadm.ts';
import type { TimedEvent } from '../../bench/run-events.ts';
import { stepChain } from '../../bench/step-chain.ts';
import { whileWaiting } from '../../bench/while-waiting.ts';
import { runLocal } from '../../src/lab/run-local.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'kcluster-bench-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const node = (name: string, octet: number, role: KubeadmNode['role']): KubeadmNode => ({ name, address: `10.0.0.${octet}`, role });
const nodes = [
  node('cp1', 11, 'first'),
  node('cp2', 12, 'control-plane'),
  node('cp3', 13, 'control-plane'),
  node('w1', 21, 'worker'),
  node('w2', 22, 'worker'),
];
const facts = { cgroupV1: false, mayLowerOomScore: true, hasSwap: false };
const cluster: KubeadmCluster = { kubernetes: '1.37.1', nodes, endpoint: '10.0.0.21:6443', facts };

describe("the operator's script for kubeadm", () => {
  /** Instead of ssh: notes who was asked what; the authority's hash is what sha256sum would print. */
  const fakeSsh = ({ name }: KubeadmNode) => [
    'sh',
    '-c',
    `printf '%s: %s\\n' "$1" "$2" >>${directory}/asked; case $2 in *sha256sum*) echo 'abc123  -';; esac`,
    'sh',
    name,
  ];

  test('founds, adds control planes one after the other, then workers', async () => {
    const said = await runLocal(['sh', '-c', operatorScript(cluster, fakeSsh)]);
    const asked = (await readFile(path.join(directory, 'asked'), 'utf8')).trimEnd().split('\n');
    expect(asked.slice(0, 4).map((line) => line.slice(0, line.indexOf(':')))).toEqual(['cp1', 'cp1', 'cp2', 'cp3']);
    expect(
      asked
        .slice(4)
        .map((line) => line.slice(0, line.indexOf(':')))
        .sort(),
    ).toEqual(['w1', 'w2']);
    expect(asked[0]).toContain('--upload-certs');
    for (const line of asked.slice(2)) expect(line).toContain('/sha256:abc123/');
    expect(readStamps(said.split('\n')).map(({ part }) => part)).toEqual(['join cp2', 'join cp3', 'join workers', 'end']);
  });

  test('ends with the first failure', async () => {
    const failing = ({ name }: KubeadmNode) => ['sh', '-c', `echo ${name} >>${directory}/asked; [ ${name} != cp2 ]`];
    await expect(runLocal(['sh', '-c', operatorScript(cluster, failing)])).rejects.toThrow();
    expect(await readFile(path.join(directory, 'asked'), 'utf8')).toBe('cp1\ncp1\ncp2\n');
  });
});

test('parts of the script last until the next one', () => {
  const stamps = readStamps(['[init] Using', 'bench-clock 1000 init', 'bench-clock 3500 join a', 'bench-clock 4000 end', 'other']);
  expect(partsOf(stamps)).toEqual([
    { part: 'init', seconds: 2.5 },
    { part: 'join a', seconds: 0.5 },
  ]);
});

describe("kubeadm's configuration", () => {
  const documentsOf = (one: KubeadmNode | undefined) =>
    one === undefined ? [] : parseAllDocuments(kubeadmHaConfig(cluster, one)).map((document) => document.toJS() as { kind: string });

  test('founds behind the balancer, with the taint that a control plane has', () => {
    const [init, whole] = documentsOf(nodes[0]);
    expect(init).toMatchObject({ kind: 'InitConfiguration', localAPIEndpoint: { advertiseAddress: '10.0.0.11' } });
    expect(init).not.toHaveProperty('nodeRegistration.taints');
    expect(whole).toMatchObject({ kind: 'ClusterConfiguration', controlPlaneEndpoint: '10.0.0.21:6443' });
  });

  test.each([
    [1, { localAPIEndpoint: { advertiseAddress: '10.0.0.12' } }],
    [3, undefined],
  ])('lets node %d join through the balancer', (index, controlPlane) => {
    const [join] = documentsOf(nodes[index]);
    expect(join).toMatchObject({ kind: 'JoinConfiguration', discovery: { bootstrapToken: { apiServerEndpoint: '10.0.0.21:6443' } } });
    if (controlPlane === undefined) expect(join).not.toHaveProperty('controlPlane');
    else expect(join).toMatchObject({ controlPlane });
  });

  test('has a balancer in front of control planes alone', () => {
    expect(balancerConfig(cluster).match(/(?<=^ {2})server .+$/gm)).toEqual(
      [1, 2].flatMap(() => ['server cp1 10.0.0.11:6443', 'server cp2 10.0.0.12:6443', 'server cp3 10.0.0.13:6443']),
    );
  });
});

describe('the chain of steps', () => {
  const event = (atMs: number, type: string, more: object = {}): TimedEvent => ({ atMs, event: { type, ...more } });
  const plan = [
    { step: 'install@a', after: [] },
    { step: 'install@b', after: [] },
    { step: 'run@a', after: ['install@a', 'install@b'] },
    { step: 'end@a', after: ['run@a', 'never@a'] },
  ];
  const steps = (step: string, from: number, to: number) => [event(from, 'step-started', { step }), event(to, 'step-finished', { step })];
  const events = [
    event(10, 'planned', { steps: plan }),
    ...steps('install@a', 20, 100),
    event(30, 'upload-progress', { step: 'install@b', index: 0, totalBytes: 7 }),
    event(40, 'upload-progress', { step: 'install@b', index: 0, totalBytes: 7 }),
    event(50, 'upload-progress', { step: 'install@b', index: 1, totalBytes: 3 }),
    ...steps('install@b', 20, 900),
    ...steps('run@a', 900, 1_000),
    ...steps('end@a', 1_000, 1_500),
  ];

  test('goes back over what ended last', () => {
    expect(stepChain(events, 'end@a')).toEqual([
      { step: 'install@b', startSeconds: 0.02, endSeconds: 0.9, sentBytes: 10 },
      { step: 'run@a', startSeconds: 0.9, endSeconds: 1, sentBytes: 0 },
      { step: 'end@a', startSeconds: 1, endSeconds: 1.5, sentBytes: 0 },
    ]);
  });

  test('is empty for a step that was not in the run', () => {
    expect(stepChain(events, 'other@a')).toEqual([]);
  });
});

test('the busy share leaves out idling and waiting for disks', () => {
  const before = parseProcessorTime('cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 1 1 1\n');
  const after = parseProcessorTime('cpu  130 5 120 730 105 5 5 0 80 0\n');
  expect(before).toEqual({ busy: 200, total: 1_000 });
  expect(busyShare(before, after)).toBe(0.65);
});

describe('asking while work is done', () => {
  const { signal } = new AbortController();

  test('gives both', async () => {
    expect(
      await whileWaiting(
        signal,
        async () => 'answer',
        async () => 'result',
      ),
    ).toEqual(['result', 'answer']);
  });

  test('ends with the work when that fails', async () => {
    let asking: AbortSignal | undefined;
    const never = (given: AbortSignal): Promise<never> => {
      asking = given;
      return new Promise(() => undefined);
    };
    await expect(whileWaiting(signal, never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(asking?.aborted).toBe(true);
  });
});
