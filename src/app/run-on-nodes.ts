import type { Node, NodeName } from '../cluster/cluster.ts';
import { authorityFiles } from '../components/authorities.ts';
import { collectFailures } from '../engine/failures.ts';
import { probesOf } from '../engine/kinds/kinds.ts';
import type { Observations } from '../engine/observation.ts';
import type { Workflow } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';
import { ArtifactError, ConfigurationError, RefusedError, StoppedError } from '../errors.ts';
import { suggestion } from '../inventory/suggest.ts';
import type { Shelf } from './artifact-shelf.ts';
import { type Look, lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { type RunChoices, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';

export interface NodeVerb {
  readonly workflow: Workflow;
  /** Nodes that were named; each must be in the cluster. */
  readonly nodes: readonly NodeName[];
  /** Asked on control-plane hosts. */
  readonly probes?: readonly Probe[];
  /** What the operator should know before it is done; errors refuse it. */
  readonly judge?: (seen: Observations) => readonly Finding[];
}

const oneAtATime = '1';

/** Verbs over nodes send nothing. */
export const emptyShelf: Shelf = {
  binary: () => () => undefined,
  image: () => () => undefined,
  fileOf: (sha256) => {
    throw new ArtifactError(`no cached file has sha256 ${sha256}`);
  },
};

/** The look of a host whose API server answers. @throws KclusterError when there is none */
export function lookOfApi(session: Session, { observations }: Look): Observations {
  const seen = [...observations.values()].find(({ kubeNodes }) => kubeNodes !== undefined);
  if (seen !== undefined) return seen;
  if (session.unreachable.length > 0) throw collectFailures(session.unreachable, 'no connection');
  throw new StoppedError('no API server of the cluster answers', {
    remedy: 'kcluster status says what is wrong, kcluster init brings it back',
  });
}

/** @throws ConfigurationError for a name that no Node object of the cluster has */
function refuseUnknown(names: readonly NodeName[], session: Session, { kubeNodes }: Observations): void {
  const known = [...(kubeNodes?.keys() ?? [])].sort();
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const isPlanned = session.cluster.nodes.some(({ name }) => name === unknown);
  throw isPlanned
    ? new ConfigurationError(`${unknown} is in the inventory, but has not joined the cluster`, { remedy: 'kcluster nodes list shows both' })
    : new ConfigurationError(`the cluster has no node ${unknown}${suggestion(unknown, known)}`, {
        remedy: 'kcluster nodes list names them',
      });
}

/** @throws RefusedError when a finding is an error */
export function refuseFindings(findings: readonly Finding[]): void {
  const failures = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ node, message, remedy }) => new RefusedError(message, { remedy, ...(node === undefined ? {} : { node }) }));
  const [first] = failures;
  if (first !== undefined) throw failures.length === 1 ? first : collectFailures(failures, 'refused');
}

/** Looks, judges, plans, shows and carries out a verb over nodes through any control-plane host; hosts that are away hold nothing up. */
export async function runOnNodes(session: Session, verb: NodeVerb, choices: Pick<RunChoices, 'dryRun' | 'confirm'>): Promise<RunResult> {
  const { cluster } = session;
  // The authorities too: a run that knows none would make new ones.
  const probes = (node: Node): readonly Probe[] => {
    const asked = node.roles.includes('control-plane') ? (verb.probes ?? []) : [];
    return [...authorityFiles(cluster, node).flatMap(probesOf), ...asked];
  };
  return runPlanned(session, choices, async () => {
    const look = await lookAtHosts(session, verb.workflow, probes);
    const seen = lookOfApi(session, look);
    refuseUnknown(verb.nodes, session, seen);
    const findings = verb.judge?.(seen) ?? [];
    refuseFindings(findings);
    const steps = createPlanFor(session, verb.workflow, emptyShelf, oneAtATime)(look.desired, look.observations);
    return { plan: makeRunPlan(session, verb.workflow, { steps, findings, maxUnavailable: oneAtATime }), shelf: emptyShelf };
  });
}
