import { describe, expect, test } from 'vitest';
import { checks } from '../../src/preflight/checks.ts';
import type { PathEvidence } from '../../src/preflight/path-check.ts';
import { judgePaths, pathChecks } from '../../src/preflight/path-checks.ts';
import { reportPaths } from '../../src/preflight/report-paths.ts';
import { apart, sample, three } from '../components/sample.ts';
import { goodEvidence, withAnswers, withPort } from './evidence.ts';

const cluster = sample(three, { endpoint: '192.0.2.5:6443' });
const good = goodEvidence(cluster);
const external = goodEvidence(sample(apart, { etcd: { topology: 'external' } }));
const linesOf = (evidence: PathEvidence, waived: readonly string[] = []): readonly string[] =>
  judgePaths(evidence, new Set(waived)).map(({ severity, node, id, message }) => `${severity} ${node} ${id}: ${message}`);

const silent = { result: 'silent' } as const;
const reached = (more: object = {}) => ({ result: 'reached', connectMs: 0.2, own: '192.0.2.1', ...more }) as const;
const slow = (evidence: PathEvidence, from: string, to: string, connectMs: number): PathEvidence => {
  const keys = [...(evidence.answers.get(from)?.ports.keys() ?? [])].filter((key) => key.startsWith(`${to} `));
  const own = [...(evidence.answers.get(from)?.addresses ?? [])].find((address) => address !== '127.0.0.1') ?? '';
  return keys.reduce((known, key) => withPort(known, from, key, { result: 'reached', connectMs, own }), evidence);
};
const width = (from: string, to: string, value: { interfaceMTU: number; passes?: number; lost?: 'silently' | 'told' }): PathEvidence =>
  withAnswers(good, from, ({ widths }) => ({ widths: new Map([...widths, [to, value]]) }));
const clock = (...ahead: readonly (readonly [string, number, number?])[]): PathEvidence => ({
  ...good,
  clocks: new Map([...good.clocks, ...ahead.map(([name, aheadMs, uncertainMs = 1]) => [name, { aheadMs, uncertainMs }] as const)]),
});
const disk = (p99Ms: number, by: 'etcd' | 'test' = 'test'): PathEvidence => ({ ...good, disks: new Map([['a', { p99Ms, by }]]) });

interface Case {
  readonly id: string;
  readonly what: string;
  readonly evidence: PathEvidence;
  readonly lines: readonly string[];
}

const cases: readonly Case[] = [
  { id: 'PortReachable', what: 'all are reached', evidence: good, lines: [] },
  {
    id: 'PortReachable',
    what: 'one port of one pair is dropped',
    evidence: withPort(good, 'a', '192.0.2.2 2380', silent),
    lines: ['error a PortReachable: b (192.0.2.2) does not answer on 2380: members of etcd replicate to each other'],
  },
  {
    id: 'PortReachable',
    what: 'some are dropped and one is refused',
    evidence: withPort(withPort(withPort(good, 'a', '192.0.2.2 2379', silent), 'a', '192.0.2.2 10250', silent), 'a', '192.0.2.2 6443', {
      result: 'refused',
    }),
    lines: [
      'error a PortReachable: b (192.0.2.2) does not answer on 2379, 10250: API servers keep everything in etcd; API servers ask kubelets for logs, exec and metrics',
      'error a PortReachable: b (192.0.2.2) refuses connections on 6443: kubelets and pods ask every API server',
    ],
  },
  {
    id: 'PortReachable',
    what: 'nothing listened for the test: that is no refusal',
    evidence: {
      ...withPort(withPort(good, 'a', '192.0.2.9 10250', { result: 'refused' }), 'b', '192.0.2.9 10250', silent),
      untested: new Map([['w', [{ port: 10250, reason: 'kubelet.service is activating' }]]]),
    },
    lines: ['warning w PortReachable: nobody could try 10250: kubelet.service is activating'],
  },
  {
    id: 'PortReachable',
    what: 'a host without curl tried nothing: that is no refusal',
    evidence: { ...good, answers: new Map([...good.answers].filter(([name]) => name !== 'w')), mute: new Set(['w']) },
    lines: ['warning w PortReachable: curl is not there, so nobody tried what this host must reach'],
  },
  {
    id: 'SourceAddress',
    what: 'a translation between members of etcd',
    evidence: withPort(good, 'a', '192.0.2.2 2379', reached({ seen: '203.0.113.7' })),
    lines: ['error a SourceAddress: reaches b from 203.0.113.7, not from 192.0.2.1; members of etcd turn such peers away'],
  },
  {
    id: 'SourceAddress',
    what: 'a translation on the way of a worker',
    evidence: withPort(good, 'w', '192.0.2.1 6443', reached({ own: '192.0.2.9', seen: '203.0.113.7' })),
    lines: ['warning w SourceAddress: reaches a from 203.0.113.7, not from 192.0.2.9'],
  },
  {
    id: 'SourceAddress',
    what: 'another address of the host itself, while a component listens',
    evidence: withPort(good, 'w', '192.0.2.1 6443', reached({ own: '10.9.9.9' })),
    lines: ['warning w SourceAddress: reaches a from 10.9.9.9, not from 192.0.2.9'],
  },
  {
    id: 'SourceAddress',
    what: 'what the target saw counts',
    evidence: withPort(good, 'w', '192.0.2.1 6443', reached({ own: '10.9.9.9', seen: '192.0.2.9' })),
    lines: [],
  },
  { id: 'RoundTrip', what: 'ten milliseconds', evidence: slow(good, 'a', '192.0.2.2', 10), lines: [] },
  {
    id: 'RoundTrip',
    what: 'more between members',
    evidence: slow(good, 'a', '192.0.2.2', 25.2),
    lines: ['warning a RoundTrip: a round trip to etcd on b takes 25 ms'],
  },
  {
    id: 'RoundTrip',
    what: 'far more between members',
    evidence: slow(good, 'a', '192.0.2.2', 101),
    lines: ['error a RoundTrip: a round trip to etcd on b takes 101 ms'],
  },
  {
    id: 'RoundTrip',
    what: 'far from an API server to its etcd',
    evidence: slow(external, 'cp', '192.0.2.21', 50),
    lines: ['warning cp RoundTrip: a round trip to etcd on e1 takes 50 ms'],
  },
  { id: 'RoundTrip', what: 'a worker may be far', evidence: slow(good, 'w', '192.0.2.1', 300), lines: [] },
  {
    id: 'RoundTrip',
    what: 'the fastest of several ports counts',
    evidence: withPort(good, 'a', '192.0.2.2 2380', reached({ connectMs: 80 })),
    lines: [],
  },
  {
    id: 'PathMTU',
    what: 'full packets vanish',
    evidence: width('a', '192.0.2.2', { interfaceMTU: 1500, passes: 1400, lost: 'silently' }),
    lines: ['error a PathMTU: packets over 1400 bytes do not arrive at b, and nobody says so; the interface has MTU 1500'],
  },
  {
    id: 'PathMTU',
    what: 'full packets vanish, and echo requests are not answered',
    evidence: width('a', '192.0.2.2', { interfaceMTU: 9000, lost: 'silently' }),
    lines: ['error a PathMTU: full packets do not arrive at b, and nobody says so; the interface has MTU 9000'],
  },
  {
    id: 'PathMTU',
    what: 'a router says how wide the way is',
    evidence: width('a', '192.0.2.2', { interfaceMTU: 1500, passes: 1420, lost: 'told' }),
    lines: ['warning a PathMTU: packets over 1420 bytes do not arrive at b, a router says; the interface has MTU 1500'],
  },
  { id: 'PathMTU', what: 'not known', evidence: width('a', '192.0.2.2', { interfaceMTU: 1500 }), lines: [] },
  { id: 'ClockDifference', what: 'one second', evidence: clock(['w', 1000]), lines: [] },
  {
    id: 'ClockDifference',
    what: 'one that is ahead',
    evidence: clock(['w', 2500]),
    lines: [`warning w ClockDifference: its clock is 2.5 s ahead of the other hosts'`],
  },
  {
    id: 'ClockDifference',
    what: 'one that is behind',
    evidence: clock(['a', -61_000]),
    lines: [`warning a ClockDifference: its clock is 61.0 s behind the other hosts'`],
  },
  { id: 'ClockDifference', what: 'one whose answer took too long to be sure', evidence: clock(['w', 2500, 2000]), lines: [] },
  {
    id: 'ClockDifference',
    what: 'all alike, the operator is wrong',
    evidence: clock(['a', 9e6], ['b', 9e6], ['c', 9e6], ['w', 9e6]),
    lines: [],
  },
  {
    id: 'ClockDifference',
    what: 'a single host, whatever it says',
    evidence: { ...good, clocks: new Map([['a', { aheadMs: 9e6, uncertainMs: 1 }]]) },
    lines: [],
  },
  { id: 'EtcdDiskLatency', what: 'ten milliseconds', evidence: disk(10), lines: [] },
  {
    id: 'EtcdDiskLatency',
    what: 'more',
    evidence: disk(12.4),
    lines: ['warning a EtcdDiskLatency: one in a hundred small writes takes 12 ms or more under /var/lib/etcd'],
  },
  {
    id: 'EtcdDiskLatency',
    what: 'far more, as etcd says',
    evidence: disk(100.6, 'etcd'),
    lines: ['error a EtcdDiskLatency: one in a hundred small writes takes 101 ms or more on the disk of etcd, as it says itself'],
  },
  {
    id: 'EtcdDiskLatency',
    what: 'unknown',
    evidence: { ...good, disks: new Map([['a', undefined]]) },
    lines: ['warning a EtcdDiskLatency: the disk for /var/lib/etcd could not be measured'],
  },
  {
    id: 'InternalAddress',
    what: 'an address that only a router has',
    evidence: withAnswers(good, 'w', () => ({ addresses: new Set(['127.0.0.1', '10.0.0.9']) })),
    lines: ['error w InternalAddress: no interface has 192.0.2.9, to which components bind'],
  },
  { id: 'InternalAddress', what: 'a host that tells none', evidence: withAnswers(good, 'w', () => ({ addresses: new Set() })), lines: [] },
  {
    id: 'DuplicateAddress',
    what: 'the address of another',
    evidence: withAnswers(good, 'w', ({ addresses }) => ({ addresses: new Set([...addresses, '192.0.2.3']) })),
    lines: ['error w DuplicateAddress: an interface has 192.0.2.3, which is the address of c'],
  },
  {
    id: 'DuplicateAddress',
    what: 'an address that no node has',
    evidence: withAnswers(good, 'w', ({ addresses }) => ({ addresses: new Set([...addresses, '192.0.2.5']) })),
    lines: [],
  },
];

describe('each check', () => {
  test.each(cases)('$id: $what', ({ evidence, lines }) => {
    expect(linesOf(evidence)).toEqual(lines);
  });

  test.each(pathChecks.map(({ id }) => id))('%s is provoked by one case above, and not by another', (id) => {
    const own = cases.filter((candidate) => candidate.id === id);
    expect([own.some(({ lines }) => lines.length > 0), own.some(({ lines }) => lines.length === 0)]).toEqual([true, true]);
  });

  test.each(cases.filter(({ lines }) => lines.length > 0))('$id ($what) says what to do', ({ evidence }) => {
    for (const { message, remedy } of judgePaths(evidence, new Set())) {
      expect(remedy.length).toBeGreaterThan(10);
      expect(`${message} ${remedy}`).not.toMatch(/undefined|NaN/);
    }
  });
});

test('errors that are waived by name are warnings', () => {
  const evidence = withPort(good, 'a', '192.0.2.2 2380', silent);
  expect(linesOf(evidence, ['PortReachable'])[0]).toMatch(/^warning a PortReachable: /);
  expect(linesOf(evidence, ['portreachable', 'PathMTU'])[0]).toMatch(/^error a PortReachable: /);
});

test('names are those of no other check', () => {
  const names = [...checks, ...pathChecks].map(({ id }) => id);
  expect(new Set(names).size).toBe(names.length);
});

describe('the report', () => {
  test('has each pair once, in the order of the inventory', () => {
    const pairs = reportPaths(good).map(({ from, to }) => `${from}>${to}`);
    expect(pairs).toEqual(['c>a', 'c>b', 'c>w', 'a>c', 'a>b', 'a>w', 'b>c', 'b>a', 'b>w', 'w>c', 'w>a', 'w>b']);
  });

  test('says of a pair everything that was seen', () => {
    const evidence = {
      ...withPort(clock(['w', 40]), 'w', '192.0.2.1 6443', reached({ own: '192.0.2.9', connectMs: 0.123456 })),
      untested: new Map(),
    };
    expect(reportPaths(evidence).find(({ from, to }) => from === 'w' && to === 'a')).toEqual({
      from: 'w',
      to: 'a',
      ports: [{ component: 'kube-apiserver', port: 6443, result: 'reached' }],
      roundTripMs: 0.12,
      source: '192.0.2.9',
      width: { interfaceMTU: 1500, passes: 1500 },
      clockAheadMs: -40,
    });
  });

  test('of hosts that did not answer there is nothing, and what was not tried is untested', () => {
    const evidence = withAnswers({ ...good, answers: new Map([...good.answers].filter(([name]) => name !== 'w')) }, 'a', () => ({
      ports: new Map(),
    }));
    const reports = reportPaths(evidence);
    expect(reports.filter(({ from }) => from === 'w')).toEqual([]);
    expect(reports.find(({ from }) => from === 'a')?.ports.map(({ result }) => result)).toEqual(
      Array.from({ length: 4 }, () => 'untested'),
    );
  });
});
