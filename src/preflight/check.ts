import type { Cluster, Node, NodeName } from '../cluster/cluster.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';
import type { Probe } from '../engine/probe.ts';

export interface Situation {
  readonly desired: Desired;
  readonly node: Node;
  readonly seen: Observations;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  readonly survey: Survey;
}

/** What the hosts say of themselves, side by side: made once, for checks that compare each host with all others. */
export interface Survey {
  readonly byMachineId: ReadonlyMap<string, readonly NodeName[]>;
  readonly byHostname: ReadonlyMap<string, readonly NodeName[]>;
  /** Of the hosts' clocks, seconds since 1970. */
  readonly medianClockSeconds: number;
}

export interface Found {
  readonly message: string;
  readonly remedy: string;
  readonly severity?: 'error' | 'warning';
}

/** A named question about one host before anything is changed; `id` is what `--ignore-preflight` takes. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly severity: 'error' | 'warning';
  /** @param authority certificate of the cluster's authority, once there is one */
  probes?(cluster: Cluster, node: Node, authority: string | undefined): readonly Probe[];
  look(situation: Situation): readonly Found[];
}
