import type { Absence } from './absence.ts';
import type { NodeName } from './cluster.ts';

/** One component on one node, as it is. */
export interface ComponentStatus {
  readonly node: NodeName;
  readonly component: string;
  /** systemd's word: active, failed, …; `not found` when there is no such unit. */
  readonly unit: string;
  /** `ok`, `no answer`, or the HTTP status; empty for units without an endpoint. */
  readonly health: string;
  /** Release that the link in use points to. */
  readonly version: string;
  readonly restarts: number;
  /** Days until the first of its certificates expires. */
  readonly certificateDays?: number;
}

export interface NodeStatus {
  readonly node: NodeName;
  readonly roles: readonly string[];
  /** `Ready`, `NotReady`, `unknown` without an API server, `unreachable` without SSH, `declared down` in the inventory. */
  readonly state: string;
  /** Of a node that is declared down, or came back and was not brought up to date yet, once a run left it out. */
  readonly absence?: Pick<Absence, 'since' | 'misses'>;
  /** Of a node that is declared down: whether its kubelet reports all the same; absent while no API server answers. */
  readonly reports?: boolean;
  readonly components: readonly ComponentStatus[];
}
