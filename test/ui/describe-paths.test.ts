import { describe, expect, test } from 'vitest';
import type { PathReport, PortResult } from '../../src/engine/path.ts';
import { describePaths } from '../../src/ui/describe-paths.ts';

const addresses = new Map([
  ['cp1', '10.0.0.1'],
  ['cp2', '10.0.0.2'],
  ['w1', '10.0.0.3'],
]);
const port = (number: number, result: PortResult = 'reached') => ({ component: 'x', port: number, result });
const path = (from: string, to: string, more: Partial<PathReport> = {}): PathReport => ({ from, to, ports: [port(6443)], ...more });

describe('a cell', () => {
  const cell = (more: Partial<PathReport>): string | undefined =>
    describePaths([path('w1', 'cp1', more)], addresses)
      .split('\n')[2]
      ?.replace(/^w1 +/, '');

  test.each([
    ['time', { roundTripMs: 0.31 }, 'ok 0.3ms'],
    ['much time', { roundTripMs: 123.4 }, 'ok 123ms'],
    ['no time known', {}, 'ok'],
    ['a port that is silent', { roundTripMs: 1, ports: [port(2379), port(2380, 'silent')] }, 'blocked 2380'],
    [
      'ports that are silent, refused and untested',
      { ports: [port(1, 'silent'), port(2, 'silent'), port(3, 'refused'), port(4, 'untested')] },
      'blocked 1,2 refused 3 untested 4',
    ],
    ['a translation', { source: '203.0.113.9', roundTripMs: 1 }, 'NAT 203.0.113.9'],
    ['the own address', { source: '10.0.0.3', roundTripMs: 1 }, 'ok 1.0ms'],
    ['a narrow way', { width: { interfaceMTU: 1500, passes: 1400, lost: 'silently' } }, 'MTU 1400'],
    ['a narrow way of unknown width', { width: { interfaceMTU: 1500, lost: 'silently' } }, 'MTU ?'],
    ['a wide way', { width: { interfaceMTU: 1500, passes: 1500 }, roundTripMs: 2 }, 'ok 2.0ms'],
    [
      'everything at once',
      { ports: [port(6443, 'silent')], source: '10.9.9.9', width: { interfaceMTU: 1500, lost: 'silently' } },
      'blocked 6443 NAT 10.9.9.9 MTU ?',
    ],
  ] as const)('%s', (_, more, text) => {
    expect(cell(more)).toBe(text);
  });
});

test('rows connect, columns are connected to, in the order of the inventory; empty where nobody needs to', () => {
  const paths = [
    path('w1', 'cp1', { roundTripMs: 0.2 }),
    path('cp1', 'cp2', { roundTripMs: 0.3 }),
    path('cp1', 'w1', { ports: [port(10250, 'silent')] }),
    path('cp2', 'cp1', { source: '10.7.7.7' }),
  ];
  expect(describePaths(paths, addresses)).toBe(
    [
      'FROM \\ TO   cp1            cp2        w1',
      'cp1                        ok 0.3ms   blocked 10250',
      'cp2         NAT 10.7.7.7',
      'w1          ok 0.2ms',
      '',
    ].join('\n'),
  );
});

test('no path, no table', () => {
  expect(describePaths([], addresses)).toBe('');
});

describe('many nodes', () => {
  const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
  const many = new Map(names.map((name, index) => [name, `10.0.1.${index}`]));
  const all = names.slice(1).flatMap((name) => [path('n0', name, { roundTripMs: 1 }), path(name, 'n0', { roundTripMs: 1 })]);

  test('only those with trouble are shown, and the others counted', () => {
    const bad = all.map((each) => (each.from === 'n7' ? { ...each, ports: [port(6443, 'silent')] } : each));
    expect(describePaths(bad, many)).toBe(
      [
        'FROM \\ TO   n0             n7',
        'n0                         ok 1.0ms',
        'n7          blocked 6443',
        '38 nodes more, every path well',
        '',
      ].join('\n'),
    );
  });

  test('no trouble is one line', () => {
    expect(describePaths(all, many)).toBe('every path between 40 nodes is well\n');
  });
});
