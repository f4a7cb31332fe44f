import { cidrFamily, overlaps, parseCIDR, subnetCount } from '../../cluster/cidr.ts';
import type { Draft } from '../draft.ts';
import { errorAt, type Finding, type Path, warningAt } from '../problem.ts';
import { asList, maxSplitBits, type Ranges, rangesOf } from '../ranges.ts';

const at = (field: string, index?: number): Path => ['cluster', 'network', field, ...(index === undefined ? [] : [index])];
const addressBits = (range: string): number => (cidrFamily(range) === 4 ? 32 : 128) - (parseCIDR(range)?.prefixLength ?? 0);
const familiesOf = (ranges: readonly string[]): string => ranges.map((range) => `IPv${cidrFamily(range)}`).join(' and ');

function checkFamilies(ranges: Ranges, hasServices: boolean): Finding[] {
  const same = (list: readonly string[]): boolean => list.length === 2 && new Set(list.map(cidrFamily)).size === 1;
  const findings: Finding[] = [];
  if (same(ranges.pods)) findings.push(errorAt(at('podCIDR'), 'two ranges must be one IPv4 and one IPv6 range'));
  if (hasServices && same(ranges.services)) findings.push(errorAt(at('serviceCIDR'), 'two ranges must be one IPv4 and one IPv6 range'));
  if (findings.length === 0 && familiesOf(ranges.pods) !== familiesOf(ranges.services)) {
    const facts = `pods have ${familiesOf(ranges.pods)}, services ${familiesOf(ranges.services)}`;
    findings.push(errorAt(at('serviceCIDR'), `${facts}; both must have the same families in the same order`));
  }
  return findings;
}

function checkOverlap(ranges: Ranges): Finding[] {
  return ranges.services.flatMap((service) => {
    const pod = ranges.pods.find((range) => overlaps(range, service));
    return pod === undefined ? [] : [errorAt(at('serviceCIDR'), `the service range ${service} overlaps the pod range ${pod}`)];
  });
}

function checkServiceSize(ranges: Ranges): Finding[] {
  return ranges.services.flatMap((range) => {
    const bits = addressBits(range);
    // The API server takes at most 2^20 addresses; DNS is the tenth.
    if (bits > 20)
      return [
        errorAt(at('serviceCIDR'), `${range} is wider than the API server allows; use /${cidrFamily(range) === 4 ? 12 : 108} or narrower`),
      ];
    if (bits < 4) return [errorAt(at('serviceCIDR'), `${range} is too narrow; use /${cidrFamily(range) === 4 ? 28 : 124} or wider`)];
    return [];
  });
}

function checkNodeShare(range: string, maskSize: number, path: Path, nodes: number): Finding[] {
  const count = subnetCount(range, maskSize);
  const rest = (cidrFamily(range) === 4 ? 32 : 128) - maskSize;
  if (count === 0) return [errorAt(path, `a node's share of /${maskSize} does not fit into the pod range ${range}`)];
  if (rest < 2) return [errorAt(path, `a node's share of /${maskSize} leaves no addresses for pods`)];
  if (cidrFamily(range) === 6 && count > 2 ** maxSplitBits) {
    const finest = (parseCIDR(range)?.prefixLength ?? 0) + maxSplitBits;
    return [errorAt(path, `an IPv6 range is split by at most ${maxSplitBits} bits; use /${finest} or less for ${range}`)];
  }
  if (count < nodes)
    return [
      errorAt(path, `${range} holds ${count} shares of /${maskSize}, but ${nodes} nodes run pods; widen podCIDR or raise nodeCIDRMaskSize`),
    ];
  return [];
}

function checkNodeShares(draft: Draft, ranges: Ranges): Finding[] {
  const masks = asList(draft.network.nodeCIDRMaskSize);
  const [given, wanted] = [masks.length, ranges.pods.length];
  if (given > 0 && given !== wanted)
    return [errorAt(at('nodeCIDRMaskSize'), `${given} given for ${wanted} pod range${wanted === 1 ? '' : 's'}; give one for each`)];
  const nodes = draft.nodes.filter((node) => node.roles?.some((role) => role !== 'etcd')).length;
  const field = given > 0 ? 'nodeCIDRMaskSize' : 'podCIDR';
  const isList = Array.isArray(draft.network[field]);
  return ranges.pods.flatMap((range, index) =>
    checkNodeShare(range, ranges.nodeMaskSizes[index] ?? 0, at(field, isList ? index : undefined), nodes),
  );
}

function checkModes(draft: Draft, ranges: Ranges): Finding[] {
  const { proxyMode, mtu } = draft.network;
  const findings: Finding[] = [];
  if (proxyMode === 'ipvs') findings.push(warningAt(at('proxyMode'), 'ipvs is deprecated since Kubernetes 1.35; use nftables'));
  if (proxyMode === 'none')
    findings.push(warningAt(at('proxyMode'), 'without kube-proxy services do not work until something you install carries them'));
  if (mtu !== undefined && mtu < 1280 && ranges.pods.some((range) => cidrFamily(range) === 6))
    findings.push(errorAt(at('mtu'), 'IPv6 needs an MTU of at least 1280'));
  return findings;
}

/** Routes need a next hop: a node has one internal address, so pods of the other family could not be reached. */
function checkRoutedFamilies(draft: Draft, ranges: Ranges): Finding[] {
  const [first, second] = ranges.pods;
  if (first === undefined || second === undefined || draft.nodes.length < 2 || (draft.network.plugin ?? 'routed') !== 'routed') return [];
  const fact = `plugin routed carries one family between nodes, IPv${cidrFamily(first)}, and ${second} is of the other`;
  return [errorAt(at('podCIDR'), `${fact}; leave it out, or use plugin none and bring a network that carries both`)];
}

/** Ranges against each other and against the number of nodes. */
export function checkNetwork(draft: Draft): Finding[] {
  const { network } = draft;
  if (!('podCIDR' in network) || !('serviceCIDR' in network) || !('nodeCIDRMaskSize' in network)) return [];
  const ranges = rangesOf(network);
  const families = checkFamilies(ranges, network.serviceCIDR !== undefined);
  if (families.length > 0) return [...families, ...checkModes(draft, ranges)];
  return [
    ...checkOverlap(ranges),
    ...checkServiceSize(ranges),
    ...checkNodeShares(draft, ranges),
    ...checkRoutedFamilies(draft, ranges),
    ...checkModes(draft, ranges),
  ];
}
