import ipaddr from 'ipaddr.js';
import { addressFamily, cidrFamily, contains } from '../../cluster/cidr.ts';
import type { Draft } from '../draft.ts';
import { internalAddressOf } from '../node-defaults.ts';
import { errorAt, type Finding, type Path } from '../problem.ts';
import { rangesOf } from '../ranges.ts';

type DraftNode = Draft['nodes'][number];

const unusable: Readonly<Record<string, string>> = {
  unspecified: 'stands for no machine',
  loopback: 'is the loopback address, which other machines cannot reach',
  linkLocal: 'is link-local, which routers do not forward',
  multicast: 'is a multicast address',
  broadcast: 'is the broadcast address',
  ipv4Mapped: 'is an IPv4 address in IPv6 clothes; write it as IPv4',
};

function placeOf(node: DraftNode, index: number): Path {
  return ['nodes', index, node.internalAddress === undefined ? 'address' : 'internalAddress'];
}

function faultOf(node: DraftNode, family: number | undefined): string | undefined {
  const written = node.internalAddress ?? node.address;
  const address = internalAddressOf(node);
  if (address === undefined) {
    const place = node.internalAddress === undefined ? 'address is a DNS name; add internalAddress with' : 'internalAddress must be';
    return written === undefined ? undefined : `${place} the IP address that components bind to`;
  }
  const fault = unusable[ipaddr.parse(address).range()];
  if (fault !== undefined) return `${address} ${fault}; give internalAddress an address of the node's own network`;
  if (family !== undefined && addressFamily(address) !== family) {
    return `${address} is not IPv${family}, the family of the first pod range; give internalAddress an IPv${family} address, or reorder the ranges`;
  }
  return undefined;
}

function rangeFault(draft: Draft, address: string): string | undefined {
  const { network } = draft;
  const ranges = rangesOf(network);
  const inside = [
    ...ranges.pods.map((range) => ({ kind: 'pod', range })),
    ...ranges.services.map((range) => ({ kind: 'service', range })),
  ].find(({ range }) => contains(range, address));
  return inside === undefined
    ? undefined
    : `${address} lies in the ${inside.kind} range ${inside.range}; choose another range in cluster.network`;
}

/** Internal addresses that cannot work, and machines inside the ranges of pods and services. */
export function checkAddresses(draft: Draft): Finding[] {
  const hasRanges = 'podCIDR' in draft.network && 'serviceCIDR' in draft.network;
  const [firstPods] = hasRanges ? rangesOf(draft.network).pods : [];
  const family = firstPods === undefined ? undefined : cidrFamily(firstPods);
  const findings = draft.nodes.flatMap((node, index) => {
    const fault = faultOf(node, family);
    return fault === undefined ? [] : [errorAt(placeOf(node, index), fault)];
  });
  if (!hasRanges) return findings;
  for (const [index, node] of draft.nodes.entries()) {
    for (const field of ['address', 'internalAddress'] as const) {
      const fault = node[field] === undefined ? undefined : rangeFault(draft, node[field]);
      if (fault !== undefined) findings.push(errorAt(['nodes', index, field], fault));
    }
  }
  return findings;
}
