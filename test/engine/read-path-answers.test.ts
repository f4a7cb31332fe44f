import { describe, expect, test } from 'vitest';
import { readPathAnswers } from '../../src/engine/read-path-answers.ts';

const lines = (...rows: readonly (readonly (string | number)[])[]): string => rows.map((row) => `${row.join('\t')}\n`).join('');
const at = '10.0.0.2';

describe('a port', () => {
  test.each([
    [
      'answered by our listener',
      ['0', '0.000250 10.0.0.1', '10.0.0.1:40000'],
      { result: 'reached', connectMs: 0.25, own: '10.0.0.1', seen: '10.0.0.1' },
    ],
    ['answered by a program that hangs up', ['52', '0.000250 10.0.0.1', ''], { result: 'reached', connectMs: 0.25, own: '10.0.0.1' }],
    ['answered by one that says nothing in time', ['28', '0.001000 10.0.0.1', ''], { result: 'reached', connectMs: 1, own: '10.0.0.1' }],
    ['whose time curl forgot', ['35', '0.000000 10.0.0.1', ''], { result: 'reached', own: '10.0.0.1' }],
    ['that refuses', ['7', '0.000000 ', ''], { result: 'refused' }],
    ['that is silent', ['28', '0.000000 ', ''], { result: 'silent' }],
    [
      'behind a translation',
      ['0', '0.02 10.0.0.1', '203.0.113.9:1'],
      { result: 'reached', connectMs: 20, own: '10.0.0.1', seen: '203.0.113.9' },
    ],
    [
      'of IPv6',
      ['0', '0.02 2001:db8:0::1', '[2001:db8::1]:1'],
      { result: 'reached', connectMs: 20, own: '2001:db8::1', seen: '2001:db8::1' },
    ],
    ['of a link', ['0', '0.02 fe80::1', '[fe80::1%eth0]:1'], { result: 'reached', connectMs: 20, own: 'fe80::1', seen: 'fe80::1' }],
  ] as const)('%s', (_, fields, answer) => {
    expect(readPathAnswers(lines(['reach', at, 2380, ...fields])).ports).toEqual(new Map([[`${at} 2380`, answer]]));
  });

  test('that was tried several times: the shortest time counts, and what is known stays known', () => {
    const text = lines(
      ['reach', at, 2380, 0, '0.030000 10.0.0.1', '10.0.0.1:1'],
      ['reach', at, 2380, 28, '0.000000 ', ''],
      ['reach', at, 2380, 28, '0.000400 10.0.0.1', ''],
      ['reach', at, 2380, 0, '0.050000 10.0.0.1', '10.0.0.1:3'],
    );
    expect(readPathAnswers(text).ports.get(`${at} 2380`)).toEqual({ result: 'reached', connectMs: 0.4, own: '10.0.0.1', seen: '10.0.0.1' });
  });
});

describe('width', () => {
  const mtu = ['mtu', at, 1500] as const;
  test.each([
    ['full', [mtu, ['passes', at, 1500]], { interfaceMTU: 1500, passes: 1500 }],
    ['unknown', [mtu], { interfaceMTU: 1500 }],
    [
      'narrow and silent',
      [mtu, ['passes', at, 1280], ['passes', at, 1400], ['passes', at, 1300]],
      { interfaceMTU: 1500, passes: 1400, lost: 'silently' },
    ],
    ['narrow and told', [mtu, ['told', at], ['passes', at, 1400]], { interfaceMTU: 1500, passes: 1400, lost: 'told' }],
    ['told, and nothing else known', [mtu, ['told', at]], { interfaceMTU: 1500 }],
    [
      'lost in bulk, whatever echo requests say',
      [mtu, ['passes', at, 1500], ['bulk', at, 'lost']],
      { interfaceMTU: 1500, passes: 1500, lost: 'silently' },
    ],
    ['come in bulk', [mtu, ['bulk', at, 'came']], { interfaceMTU: 1500 }],
  ] as const)('%s', (_, rows, width) => {
    expect(readPathAnswers(lines(...rows)).widths.get(at)).toEqual(width);
  });

  test('of an unknown interface there is none', () => {
    expect(readPathAnswers(lines(['passes', at, 1500])).widths.size).toBe(0);
  });
});

test('addresses are written in one way; talk between the answers is harmless', () => {
  const text = `${lines(['address', '10.0.0.1'], ['address', '2001:DB8:0:0::1'])}Last login\nconstructor\tx\n\n`;
  expect(readPathAnswers(text)).toEqual({ addresses: new Set(['10.0.0.1', '2001:db8::1']), ports: new Map(), widths: new Map() });
});
