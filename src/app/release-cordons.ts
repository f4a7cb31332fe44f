import type { NodeName } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import type { RunEvent } from '../engine/events.ts';
import { asKclusterError } from '../engine/failures.ts';
import { observeAll } from '../engine/observe.ts';
import type { Plan, Step } from '../engine/plan.ts';
import { StoppedError } from '../errors.ts';
import { cordonedByUpgrade } from '../phases/upgrade-phases.ts';
import { releaseWorkflow } from '../workflows/upgrade.ts';
import { controlPlaneHosts } from './apply-plan.ts';
import { runOnNodes } from './run-on-nodes.ts';
import type { Session } from './session.ts';

function cordonsOf({ actions }: Step, on: boolean): readonly NodeName[] {
  return actions.flatMap((action) => (action.kind === 'kube-cordon' && action.on === on ? [action.node] : []));
}

/** Nodes that take no pods because of an upgrade, as far as it has told: those that a run before has left so, and its own. */
export interface Cordons {
  readonly left: Set<NodeName>;
  note(event: RunEvent): void;
}

/** Nodes that a plan gives back and does not cordon itself: an earlier run has. */
function leftBefore({ steps }: Plan): readonly NodeName[] {
  const own = new Set(steps.flatMap((step) => cordonsOf(step, true)));
  return steps.flatMap((step) => cordonsOf(step, false)).filter((node) => !own.has(node));
}

export function createCordons(): Cordons {
  const left = new Set<NodeName>();
  const add = (nodes: readonly NodeName[]): void => {
    for (const node of nodes) left.add(node);
  };
  const note = (event: RunEvent): void => {
    if (event.type === 'planned') add(leftBefore(event.plan));
    // Begun, not done: whether a step that was cut off has cordoned its node, nobody knows.
    if (event.type === 'step-started') add(cordonsOf(event.step, true));
    if (event.type === 'step-finished') for (const node of cordonsOf(event.step, false)) left.delete(node);
  };
  return { left, note };
}

async function release(session: Session, { left }: Cordons): Promise<void> {
  const { observations, failures } = await observeAll(
    controlPlaneHosts(session),
    () => [{ kind: 'kube-nodes' }],
    () => undefined,
    { signal: session.signal },
  );
  if (liveNodes(observations) === undefined) throw failures[0] ?? new StoppedError('no API server of the cluster answers');
  const nodes = cordonedByUpgrade(observations);
  left.clear();
  for (const node of nodes) left.add(node);
  if (nodes.length === 0) return;
  await runOnNodes(session, { workflow: releaseWorkflow(nodes), nodes }, { dryRun: false, confirm: async () => undefined });
}

/**
 * Lets nodes take pods again that an upgrade which stopped has cordoned: what they run is whole, old or new. Where that fails, it tells
 * which nodes stay so, why, and what to do, and throws nothing: why the upgrade stopped is what must be read last.
 *
 * @param session whose events `cordons` notes
 */
export async function releaseCordons(session: Session, cordons: Cordons): Promise<void> {
  try {
    await release(session, cordons);
  } catch (error) {
    const { message } = asKclusterError(error);
    for (const node of [...cordons.left].sort()) {
      const text = `stays cordoned: ${message}; kcluster nodes uncordon ${node} gives it back, and so does running the upgrade again`;
      session.emit({ type: 'notice', level: 'warning', node, text });
    }
  }
}
