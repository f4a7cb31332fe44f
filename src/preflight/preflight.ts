import type { Cluster, NodeName } from '../cluster/cluster.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';
import type { Check } from './check.ts';
import { checks } from './checks.ts';

/** What the checks look at on one node. @param authority certificate of the cluster's authority, once there is one */
export function preflightProbes(cluster: Cluster, name: NodeName, authority?: string): readonly Probe[] {
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  return node === undefined ? [] : checks.flatMap((check) => check.probes?.(cluster, node, authority) ?? []);
}

/** Findings of all checks on all observed nodes; a waived error is shown as a warning. Pure. */
export function preflight(
  desired: Desired,
  observations: ReadonlyMap<NodeName, Observations>,
  waived: ReadonlySet<string>,
): readonly Finding[] {
  const all = checks.flatMap((check) => findingsOf(check, desired, observations));
  return all.map((finding) => (waived.has(finding.id) ? { ...finding, severity: 'warning' } : finding));
}

function findingsOf(check: Check, desired: Desired, observations: ReadonlyMap<NodeName, Observations>): readonly Finding[] {
  return desired.cluster.nodes.flatMap((node) => {
    const seen = observations.get(node.name);
    if (seen === undefined) return [];
    const found = check.look({ desired, node, seen, observations });
    return found.map(({ message, remedy, severity }) => ({
      id: check.id,
      node: node.name,
      severity: severity ?? check.severity,
      message,
      remedy,
    }));
  });
}
