import type { Absence } from './absence.ts';
import type { NodeName } from './cluster.ts';

/** One node as the inventory and the cluster know it, side by side. */
export interface NodeListing {
  readonly node: NodeName;
  readonly roles: readonly string[];
  /**
   * `Ready`, `NotReady`; `unreachable` without SSH; `declared down`; `not joined`: in the inventory, no Node object;
   * `not in the inventory`: the reverse; `unknown` while no API server answers; empty for hosts that only hold etcd.
   */
  readonly state: string;
  /** Readiness by the cluster's word, whatever `state` says; absent without a Node object. */
  readonly ready?: boolean;
  /** Takes no new pods; absent without a Node object. */
  readonly cordoned?: boolean;
  /** Kept from taking pods because its host was absent; absent without a Node object. */
  readonly distrusted?: boolean;
  /** Of a node that is declared down, or came back and was not brought up to date yet, once a run left it out. */
  readonly absence?: Pick<Absence, 'since' | 'misses'>;
  /** Release of its kubelet, `v1.37.1`. */
  readonly version?: string;
  readonly address?: string;
  /** RFC 3339, when its Node object was made. */
  readonly created?: string;
  /** Pods that have not finished; absent when it was not asked for. */
  readonly pods?: number;
  /** Whether etcd's list of members has it; absent while no member answers. */
  readonly etcdMember?: boolean;
}
