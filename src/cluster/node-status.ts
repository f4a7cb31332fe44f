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
  /** `Ready`, `NotReady`, `unknown` without an API server, `unreachable` without SSH. */
  readonly state: string;
  readonly components: readonly ComponentStatus[];
}
