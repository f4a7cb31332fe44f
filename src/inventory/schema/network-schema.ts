import { judgeDomain, judgeRange } from '../syntax.ts';
import { mapping, oneOf, oneOrMore, text, wholeNumber } from './building-blocks.ts';

const range = text('A range such as 10.244.0.0/16 or fd00:10:244::/48.', judgeRange);

export const networkSchema = mapping(
  {
    podCIDR: oneOrMore(range, 2, 'Addresses of pods: one range, or an IPv4 and an IPv6 range; default 10.244.0.0/16.').optional(),
    serviceCIDR: oneOrMore(range, 2, 'Addresses of services, of the same families in the same order; default 10.96.0.0/16.').optional(),
    nodeCIDRMaskSize: oneOrMore(
      wholeNumber('A prefix length.', 8, 128),
      2,
      "Prefix length of a node's share of each pod range; default 24 for IPv4, 64 for IPv6.",
    ).optional(),
    dnsDomain: text('Domain of services.', judgeDomain).default('cluster.local'),
    plugin: oneOf(
      'a network plugin',
      ['routed', 'none'],
      'routed: bridge and routes between nodes that share a network. none: you install one.',
      ['flannel', 'calico', 'cilium'],
    ).default('routed'),
    proxyMode: oneOf(
      'a mode of kube-proxy',
      ['nftables', 'iptables', 'ipvs', 'none'],
      'How services are carried; none: without kube-proxy.',
    ).default('nftables'),
    mtu: wholeNumber('Bytes in a packet of the pod network; absent: as the node has it.', 576, 65535).optional(),
  },
  'Addresses and ways of pods and services.',
);
