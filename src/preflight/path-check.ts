import type { NodeName } from '../cluster/cluster.ts';
import type { DiskLatency } from '../engine/disk-latency.ts';
import type { Path, PathReport } from '../engine/path.ts';
import type { Desired } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';
import type { PathAnswers } from '../engine/read-path-answers.ts';

/** A host's clock less the operator's, with half of the time that asking took: that much it may be off. */
export interface ClockSeen {
  readonly aheadMs: number;
  readonly uncertainMs: number;
}

/** What was seen on and between hosts; of hosts that were not asked there is nothing. */
export interface PathEvidence {
  readonly desired: Desired;
  readonly paths: readonly Path[];
  readonly answers: ReadonlyMap<NodeName, PathAnswers>;
  readonly clocks: ReadonlyMap<NodeName, ClockSeen>;
  /** Of nodes that hold etcd; undefined where nothing could be measured. */
  readonly disks: ReadonlyMap<NodeName, DiskLatency | undefined>;
  /** Ports on which nothing listened while the paths were tried, by node. */
  readonly untested: ReadonlyMap<NodeName, readonly UntestedPort[]>;
  /** Hosts without curl, which could try nothing. */
  readonly mute: ReadonlySet<NodeName>;
}

export interface UntestedPort {
  readonly port: number;
  readonly reason: string;
}

/** A named question about hosts and the ways between them; `id` is what `--ignore-preflight` takes. */
export interface PathCheck {
  readonly id: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  look(evidence: PathEvidence, reports: readonly PathReport[]): readonly PathFound[];
}

export interface PathFound {
  readonly node: NodeName;
  readonly message: string;
  readonly remedy: string;
  readonly severity?: Finding['severity'];
}
