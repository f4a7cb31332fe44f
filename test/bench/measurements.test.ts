import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isReady } from '../../bench/await-ready.ts';
import { kubeadmConfig } from '../../bench/kubeadm-files.ts';
import { imageName } from '../../bench/kubeadm-images.ts';
import { fileOfHost } from '../../bench/lab-host.ts';
import { parseRoundTrips } from '../../bench/measure-kcluster.ts';
import { overtureTimings, phaseTimings, type TimedEvent, uploadTiming } from '../../bench/run-events.ts';
import { parseTimes, runTimed } from '../../bench/run-timed.ts';

const event = (atMs: number, type: string, more: object = {}): TimedEvent => ({ atMs, event: { type, ...more } });

describe('events of a run', () => {
  const events = [
    event(300, 'run-started'),
    event(400, 'host-connected'),
    event(410, 'host-connected'),
    event(500, 'observed'),
    event(520, 'planned'),
    event(600, 'step-started', { phase: 'kubelet/run' }),
    event(550, 'step-started', { phase: 'etcd/install' }),
    event(700, 'upload-progress', { step: 'etcd/install@a', index: 4, totalBytes: 100 }),
    event(800, 'upload-progress', { step: 'etcd/install@a', index: 4, totalBytes: 100 }),
    event(900, 'upload-progress', { step: 'etcd/install@b', index: 4, totalBytes: 50 }),
    event(950, 'step-finished', { phase: 'etcd/install' }),
    event(1_950, 'step-finished', { phase: 'etcd/install' }),
    event(2_000, 'step-finished', { phase: 'kubelet/run' }),
  ];

  test('give a phase from its first step to the end of its last', () => {
    expect(phaseTimings(events)).toEqual([
      { phase: 'etcd/install', startSeconds: 0.55, seconds: 1.4 },
      { phase: 'kubelet/run', startSeconds: 0.6, seconds: 1.4 },
    ]);
  });

  test('give what was sent, each file once', () => {
    expect(uploadTiming(events)).toEqual({ files: 2, bytes: 150, firstSeconds: 0.7, lastSeconds: 0.9 });
    expect(uploadTiming([])).toEqual({ files: 0, bytes: 0, firstSeconds: 0, lastSeconds: 0 });
  });

  test('give the moments before the first step', () => {
    expect(overtureTimings(events)).toEqual({ began: 0.3, connected: 0.41, observed: 0.5, planned: 0.52 });
  });
});

test.each([
  ['0m0.001s 0m0.000s\n1m2.500s 0m0.250s\n', 62.75],
  ['said first\n0m0.00s 0m0.00s\n0m4.59s 0m0.41s', 5],
  ['nothing of that kind', Number.NaN],
])('the times in %j are %d s', (text, seconds) => {
  expect(parseTimes(text)).toBe(seconds);
});

describe('a timed run', () => {
  const { signal } = new AbortController();

  test('hands over lines and what the program used', async () => {
    const lines: string[] = [];
    const run = await runTimed(['sh', '-c', 'echo a; printf "b\\nc"; echo "$0 $1" >&2', 'x y', '$z'], signal, (line) => lines.push(line));
    expect(lines).toEqual(['a', 'b']);
    expect(run.stderr).toContain('x y $z\n');
    expect(run.cpuSeconds).toBeGreaterThanOrEqual(0);
    expect(run.endedAtMs).toBeGreaterThanOrEqual(run.startedAtMs);
  });

  test('fails with the status and the last words of the program', async () => {
    await expect(runTimed(['sh', '-c', 'echo because >&2; exit 7'], signal, () => undefined)).rejects.toThrow(/ended with 7\nbecause/);
  });
});

test.each([
  [[{ type: 'Ready', status: 'True' }], true],
  [
    [
      { type: 'MemoryPressure', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
    false,
  ],
  [[], false],
])('a node with the conditions %j is Ready: %s', (conditions, expected) => {
  expect(isReady(JSON.stringify({ status: { conditions } }))).toBe(expected);
});

test('a node without a status is not Ready', () => {
  expect(isReady('{"metadata":{"name":"a"}}')).toBe(false);
});

test('round trips are read from what -v prints', () => {
  expect(parseRoundTrips('bencha-cp1: 1 round trips\nw-2: 12 round trips\nevery remote command: /x\n')).toEqual({
    'bencha-cp1': 1,
    'w-2': 12,
  });
});

test.each([
  ['/etc/kubernetes/admin.conf', '/hosts/h1/root/etc/kubernetes/admin.conf'],
  ['/opt/cni/bin/bridge', '/hosts/h1/disk/opt/cni/bin/bridge'],
  ['/var/lib/kubelet/config.yaml', '/hosts/h1/disk/kubelet/config.yaml'],
  ['/var/lib/kcluster/lock', '/hosts/h1/root/var/lib/kcluster/lock'],
])('%s of a host is where this machine has it', (file, expected) => {
  expect(fileOfHost('l', 'h1', file)).toMatch(new RegExp(`/kcluster/lab/l${expected}$`));
});

test.each([
  ['registry.k8s.io/etcd:3.7.0-0', 'etcd'],
  ['registry.k8s.io/coredns/coredns:v1.14.6', 'coredns'],
])('%s is an image of %s', (reference, name) => {
  expect(imageName(reference)).toBe(name);
});

describe("kubeadm's configuration", () => {
  const host = { kubernetes: '1.37.1', name: 'h1', address: '10.0.0.11' };
  const documents = (facts: Parameters<typeof kubeadmConfig>[0]['facts']) =>
    parseAllDocuments(kubeadmConfig({ ...host, facts })).map((document) => document.toJS() as { kind: string });

  test('gives the only node no taint and pulls nothing that is there', () => {
    const [init, cluster] = documents({ cgroupV1: false, mayLowerOomScore: true, hasSwap: false });
    expect(init).toMatchObject({
      kind: 'InitConfiguration',
      nodeRegistration: { name: 'h1', taints: [], imagePullPolicy: 'IfNotPresent' },
    });
    expect(cluster).toMatchObject({ kind: 'ClusterConfiguration', kubernetesVersion: 'v1.37.1' });
  });

  test('accepts what the machine is', () => {
    const plain = documents({ cgroupV1: false, mayLowerOomScore: true, hasSwap: false }).at(-1);
    const old = documents({ cgroupV1: true, mayLowerOomScore: true, hasSwap: true }).at(-1);
    expect(plain).toEqual(parse('{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, cgroupDriver: systemd}'));
    expect(old).toEqual({ ...plain, failCgroupV1: false, failSwapOn: false });
  });
});
