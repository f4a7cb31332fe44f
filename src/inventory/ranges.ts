import { canonicalCIDR, cidrFamily, type Family, parseCIDR } from '../cluster/cidr.ts';
import type { NetworkSection } from './schema/cluster-schema.ts';

/** The ranges of a cluster with defaults filled in, canonical. */
export interface Ranges {
  readonly pods: readonly string[];
  readonly services: readonly string[];
  /** In the order of `pods`. */
  readonly nodeMaskSizes: readonly number[];
}

const defaultPods = { 4: '10.244.0.0/16', 6: 'fd00:10:244::/48' } as const;
const defaultServices = { 4: '10.96.0.0/16', 6: 'fd00:10:96::/112' } as const;
const defaultNodeMaskSize = { 4: 24, 6: 64 } as const;
/** The controller manager splits an IPv6 range no finer than this. */
export const maxSplitBits = 16;

export function asList<Item>(value: Item | readonly Item[] | undefined): readonly Item[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Item];
}

function defaultMaskSize(range: string): number {
  const prefixLength = parseCIDR(range)?.prefixLength ?? 0;
  const family = cidrFamily(range);
  if (family === 4 || (prefixLength < 64 && 64 - prefixLength <= maxSplitBits)) return defaultNodeMaskSize[family];
  return Math.min(prefixLength + maxSplitBits, 126);
}

/** When only one of the two kinds of ranges is given, the other follows its families. */
export function rangesOf(network: Pick<NetworkSection, 'podCIDR' | 'serviceCIDR' | 'nodeCIDRMaskSize'>): Ranges {
  const pods = asList(network.podCIDR).map(canonicalCIDR);
  const services = asList(network.serviceCIDR).map(canonicalCIDR);
  const families: readonly Family[] = [...pods, ...services].length === 0 ? [4] : (pods.length > 0 ? pods : services).map(cidrFamily);
  const podRanges = pods.length > 0 ? pods : families.map((family) => defaultPods[family]);
  const masks = asList(network.nodeCIDRMaskSize);
  return {
    pods: podRanges,
    services: services.length > 0 ? services : families.map((family) => defaultServices[family]),
    nodeMaskSizes: podRanges.map((range, index) => masks[index] ?? defaultMaskSize(range)),
  };
}
