import type { NodeName } from '../cluster/cluster.ts';

/** One port of one node that a component on another node must reach over TCP. */
export interface Path {
  readonly from: NodeName;
  readonly to: NodeName;
  readonly component: string;
  readonly port: number;
  /** What does not work without it, as a clause. */
  readonly why: string;
}

/** `silent`: no answer in time, as behind a filter that drops. `untested`: nothing could listen there for the test. */
export type PortResult = 'reached' | 'refused' | 'silent' | 'untested';

export interface PortReport {
  readonly component: string;
  readonly port: number;
  readonly result: PortResult;
}

/** How wide the way is. */
export interface Width {
  /** MTU of the interface by which the source sends, in bytes. */
  readonly interfaceMTU: number;
  /** Largest packet that came through, in bytes; absent: not known, because echo requests are not answered. */
  readonly passes?: number;
  /** Full packets do not come through: nobody says so, or a router does, which TCP heeds. */
  readonly lost?: 'silently' | 'told';
}

/** What was seen of the way from one node to another. */
export interface PathReport {
  readonly from: NodeName;
  readonly to: NodeName;
  readonly ports: readonly PortReport[];
  /** The shortest time in which a connection came about. */
  readonly roundTripMs?: number;
  /** Address from which the target, or while a component of ours listens there the source itself, saw the connection come. */
  readonly source?: string;
  readonly width?: Width;
  /** How far the target's clock is ahead. */
  readonly clockAheadMs?: number;
}
