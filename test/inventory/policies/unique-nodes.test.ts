import { describe, expect, test } from 'vitest';
import { problemsOf } from '../sample.ts';

describe('what may not be shared', () => {
  test('a name', () => {
    expect(problemsOf({ nodes: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] })).toEqual([
      'error nodes[2].name: "a" is also the name of nodes[0]',
    ]);
  });

  test('an address: one mistake, said once', () => {
    expect(problemsOf({ nodes: [{ name: 'a', address: '192.0.2.1' }, { address: '192.0.2.1' }] })).toEqual([
      'error nodes[1].address: "192.0.2.1" leads to the same machine as node a',
    ]);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:DB8:0::1'],
  ])('an internal address: %s and %s', (one, other) => {
    const network = one.includes(':') ? { podCIDR: 'fd00:1::/48' } : {};
    const nodes = [
      { name: 'a', address: 'a.example.com', internalAddress: one },
      { address: 'b.example.com', internalAddress: other },
    ];
    expect(problemsOf({ cluster: { network }, nodes })).toEqual([
      `error nodes[1].internalAddress: "${other}" is also the internal address of node a`,
    ]);
  });

  test('a name of a machine, in whatever case', () => {
    const nodes = [
      { name: 'a', address: 'Host.example.com', internalAddress: '192.0.2.1' },
      { address: 'host.example.com', internalAddress: '192.0.2.2' },
    ];
    expect(problemsOf({ nodes })).toEqual(['error nodes[1].address: "host.example.com" leads to the same machine as node a']);
  });

  test('every further one is named', () => {
    expect(problemsOf({ nodes: [{ name: 'a' }, { name: 'a' }, { name: 'a' }] })).toHaveLength(2);
  });
});

describe('what may be shared', () => {
  test('a forwarding address with a port each', () => {
    const nodes = [1, 2].map((number) => ({ address: '127.0.0.1', internalAddress: `192.0.2.${number}`, ssh: { port: 2200 + number } }));
    expect(problemsOf({ nodes })).toEqual([]);
    expect(
      problemsOf({
        cluster: { ssh: { port: 2201 } },
        nodes: [
          { ...nodes[0], ssh: {} },
          { ...nodes[1], ssh: { port: 2201 } },
        ],
      }),
    ).toHaveLength(1);
  });

  test('an address behind different jump hosts', () => {
    const nodes = ['one', 'two'].map((jump, index) => ({ address: '10.0.0.1', internalAddress: `192.0.2.${index}`, ssh: { jump } }));
    expect(problemsOf({ nodes })).toEqual([]);
  });
});
