import { describe, expect, test } from 'vitest';
import { problemsOf } from '../sample.ts';

const remedy = "give internalAddress an address of the node's own network";

test.each([
  ['127.0.0.1', 'is the loopback address, which other machines cannot reach'],
  ['0.0.0.0', 'stands for no machine'],
  ['169.254.1.1', 'is link-local, which routers do not forward'],
  ['224.0.0.1', 'is a multicast address'],
  ['255.255.255.255', 'is the broadcast address'],
])('%s cannot be bound to', (address, fact) => {
  expect(problemsOf({ nodes: [{ internalAddress: address }] })).toEqual([`error nodes[0].internalAddress: ${address} ${fact}; ${remedy}`]);
  expect(problemsOf({ nodes: [{ address }] })).toEqual([`error nodes[0].address: ${address} ${fact}; ${remedy}`]);
});

test.each(['::1', '::', 'fe80::1', 'ff02::1', '::ffff:192.0.2.1'])('%s cannot be bound to', (internalAddress) => {
  const [problem, ...others] = problemsOf({ cluster: { network: { podCIDR: 'fd00:1::/48' } }, nodes: [{ internalAddress }] });
  expect(problem).toContain(remedy);
  expect(others).toEqual([]);
});

test.each(['10.1.2.3', '172.16.0.1', '192.168.1.1', '198.18.0.1', '203.0.113.1', '100.64.0.1', '8.8.8.8'])(
  '%s is an address like any other',
  (address) => {
    expect(problemsOf({ nodes: [{ address }] })).toEqual([]);
  },
);

describe('DNS names', () => {
  test('an address that is a name needs an internal address', () => {
    expect(problemsOf({ nodes: [{ address: 'node.example.com' }] })).toEqual([
      'error nodes[0].address: address is a DNS name; add internalAddress with the IP address that components bind to',
    ]);
    expect(problemsOf({ nodes: [{ address: 'node.example.com', internalAddress: '192.0.2.1' }] })).toEqual([]);
  });

  test('an internal address is never a name', () => {
    expect(problemsOf({ nodes: [{ internalAddress: 'node.example.com' }] })).toEqual([
      'error nodes[0].internalAddress: internalAddress must be the IP address that components bind to',
    ]);
  });

  test('a forwarding address is fine beside an internal one', () => {
    expect(problemsOf({ nodes: [{ address: '127.0.0.1', internalAddress: '192.0.2.1', ssh: { port: 2222 } }] })).toEqual([]);
  });
});

describe('families', () => {
  test.each([
    ['fd00:1::/48', '192.0.2.1', 6],
    ['10.244.0.0/16', '2001:db8::1', 4],
    [['fd00:1::/48', '10.244.0.0/16'], '192.0.2.1', 6],
  ])('pods in %s, node at %s', (podCIDR, internalAddress, family) => {
    expect(problemsOf({ cluster: { network: { podCIDR } }, nodes: [{ internalAddress }] })).toEqual([
      `error nodes[0].internalAddress: ${internalAddress} is not IPv${family}, the family of the first pod range; give internalAddress an IPv${family} address, or reorder the ranges`,
    ]);
  });

  test('the other family may lead SSH there', () => {
    expect(problemsOf({ nodes: [{ address: '2001:db8::1', internalAddress: '192.0.2.1' }] })).toEqual([]);
  });
});

describe('ranges', () => {
  test.each([
    ['pod', { podCIDR: '10.1.0.0/16' }],
    ['service', { serviceCIDR: '10.1.0.0/16' }],
  ])('a machine within the %s range', (kind, network) => {
    const fact = (address: string) => `${address} lies in the ${kind} range 10.1.0.0/16; choose another range in cluster.network`;
    expect(problemsOf({ cluster: { network }, nodes: [{ address: '10.1.0.5' }] })).toEqual([`error nodes[0].address: ${fact('10.1.0.5')}`]);
    expect(problemsOf({ cluster: { network }, nodes: [{ internalAddress: '10.1.9.5' }] })).toEqual([
      `error nodes[0].internalAddress: ${fact('10.1.9.5')}`,
    ]);
  });

  test('defaults count as well', () => {
    expect(problemsOf({ nodes: [{ address: '10.244.3.1' }] })).toHaveLength(1);
    expect(problemsOf({ nodes: [{ address: '10.96.3.1' }] })).toHaveLength(1);
  });

  test('while a range is wrong, machines are not compared with it', () => {
    expect(problemsOf({ cluster: { network: { podCIDR: '10.1.0.0' } }, nodes: [{ address: '10.244.0.1' }] })).toHaveLength(1);
  });
});
