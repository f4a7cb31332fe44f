import type { ComponentName, NodeName } from '../cluster/cluster.ts';
import type { Resource } from './resource.ts';

/** An endpoint that says whether a component works, asked on the node itself. */
export interface Health {
  readonly component: string;
  /** `http://127.0.0.1:2381/readyz`; https is verified against `caFile`. */
  readonly url: string;
  readonly caFile?: string;
}

export interface Port {
  readonly component: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Who connects: other nodes, or only this host. */
  readonly reach: 'nodes' | 'host';
}

/** What the planner knows beyond the inventory, the same for all nodes. */
export interface Placement {
  /** Releases in use, from the inventory or the catalogue. */
  readonly versions: Readonly<Record<ComponentName, string>>;
  /** A node's share of each pod range. */
  readonly podCIDRs: ReadonlyMap<NodeName, readonly string[]>;
  /** Members of etcd once it exists; decides `initial-cluster-state`. */
  readonly etcdExists: boolean;
}

/** One component on one node: what is put there to install it, and what is put there to run it. */
export interface Description {
  readonly component: string;
  /** Accounts, directories, binaries, links: harmless while an older release runs. */
  readonly install: readonly Resource[];
  /** Files, certificates and units. */
  readonly run: readonly Resource[];
  /** Name of its unit, when it has one. */
  readonly unit?: string;
  readonly health: readonly Health[];
  readonly ports: readonly Port[];
}
