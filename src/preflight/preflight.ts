import type { Cluster, Node, NodeName } from '../cluster/cluster.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';
import type { Check, Situation } from './check.ts';
import { checks } from './checks.ts';
import { surveyHosts } from './survey-hosts.ts';

/** What the checks look at on one node. @param authority certificate of the cluster's authority, once there is one */
export function preflightProbes(cluster: Cluster, node: Node, authority?: string): readonly Probe[] {
  return checks.flatMap((check) => check.probes?.(cluster, node, authority) ?? []);
}

/** Findings of all checks, check by check, on all observed nodes or those in `focus`; a waived error is shown as a warning. Pure. */
export function preflight(
  desired: Desired,
  observations: ReadonlyMap<NodeName, Observations>,
  waived: ReadonlySet<string>,
  focus?: ReadonlySet<NodeName>,
): readonly Finding[] {
  const survey = surveyHosts(observations);
  // All checks of one node before the next node: what is desired of it is then asked for only once.
  const nodes = desired.cluster.nodes.filter(({ name }) => focus?.has(name) !== false);
  const perNode = nodes.map((node): readonly Finding[][] => {
    const seen = observations.get(node.name);
    return seen === undefined ? [] : checks.map((check) => findingsOf(check, { desired, node, seen, observations, survey }));
  });
  const all = checks.flatMap((_, place) => perNode.flatMap((findings) => findings[place] ?? []));
  return all.map((finding) => (waived.has(finding.id) ? { ...finding, severity: 'warning' } : finding));
}

function findingsOf(check: Check, situation: Situation): Finding[] {
  return check.look(situation).map(({ message, remedy, severity }) => ({
    id: check.id,
    node: situation.node.name,
    severity: severity ?? check.severity,
    message,
    remedy,
  }));
}
