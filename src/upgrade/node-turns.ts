import type { NodeName } from '../cluster/cluster.ts';
import type { Step, StepId } from '../engine/plan.ts';

const turnPhase = /^(?:nodes\/(?:cordon|drain|uncordon)|(?:containerd|kubelet|kube-proxy)\/run)-(.+)$/;

/** The node in whose turn a step is; undefined: in nobody's. */
export function turnOfStep({ phase }: Pick<Step, 'phase'>): NodeName | undefined {
  return turnPhase.exec(phase)?.[1];
}

export interface TurnEnds {
  readonly first: ReadonlyMap<StepId, NodeName>;
  readonly last: ReadonlyMap<StepId, NodeName>;
}

/** With which step the turn of each node begins, and with which it ends. Pure. */
export function endsOfTurns(steps: readonly Step[]): TurnEnds {
  const first = new Map<NodeName, StepId>();
  const last = new Map<NodeName, StepId>();
  for (const step of steps) {
    const node = turnOfStep(step);
    if (node === undefined) continue;
    if (!first.has(node)) first.set(node, step.id);
    last.set(node, step.id);
  }
  const byStep = (ends: ReadonlyMap<NodeName, StepId>): ReadonlyMap<StepId, NodeName> => new Map([...ends].map(([node, id]) => [id, node]));
  return { first: byStep(first), last: byStep(last) };
}

/** The steps up to the end of the first node's turn: no other turn, and nothing that waits for one. Pure. */
export function untilFirstTurn(steps: readonly Step[]): readonly Step[] {
  const node = steps.map(turnOfStep).find((turn) => turn !== undefined);
  if (node === undefined) return steps;
  const dropped = new Set<StepId>();
  return steps.filter((step) => {
    const turn = turnOfStep(step);
    const isLater = (turn !== undefined && turn !== node) || step.after.some((id) => dropped.has(id));
    if (isLater) dropped.add(step.id);
    return !isLater;
  });
}
