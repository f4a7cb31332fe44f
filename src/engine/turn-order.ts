import type { NodeName } from '../cluster/cluster.ts';
import type { Action } from './action.ts';
import type { Rollout } from './phase.ts';

/** A node and all that a turn does on it. */
export interface TurnMember {
  readonly node: NodeName;
  readonly actions: readonly Action[];
}

export interface Place {
  readonly node: NodeName;
  /** One of several that take their node down one after the other, or in batches. */
  readonly inLine: boolean;
  /** Nodes whose steps of this turn must be done before. */
  readonly afterNodes: readonly NodeName[];
}

interface Choices {
  /** The cluster is being founded: nothing is lost by doing everything at once. */
  readonly isNew: boolean;
  readonly batchWidth: number;
}

/** Nothing that runs is taken down: at once. `joins` changes the membership of etcd: one at a time, before anything is restarted. */
const ranks = ['starts', 'joins', 'restarts'] as const;
type Rank = (typeof ranks)[number];

function rankOf({ actions }: TurnMember): Rank {
  if (actions.some((action) => action.kind === 'unit' && (action.op === 'restart' || action.op === 'stop'))) return 'restarts';
  return actions.some((action) => action.kind === 'etcd-add-member' || action.kind === 'etcd-promote') ? 'joins' : 'starts';
}

/** Undefined: everything at once; else how many at once, and which of the members that concerns. */
function lineOf(
  rollout: Rollout,
  { isNew, batchWidth }: Choices,
): { readonly width: number; readonly ranks: ReadonlySet<Rank> } | undefined {
  if (typeof rollout === 'object') return { width: 'inOrder' in rollout ? 1 : rollout.maxUnavailable, ranks: new Set(ranks) };
  if (rollout === 'serial') return { width: 1, ranks: new Set(ranks) };
  if (rollout === 'batches') return { width: batchWidth, ranks: new Set(['restarts']) };
  return rollout === 'founding' && !isNew ? { width: 1, ranks: new Set(['joins', 'restarts']) } : undefined;
}

type Ranked = Pick<TurnMember, 'node'> & { readonly rank: Rank };

/** Who waits in line, as they are taken. */
function sortLine(waiting: readonly Ranked[], rollout: Rollout): readonly Ranked[] {
  if (rollout === 'founding') return waiting.toSorted((a, b) => ranks.indexOf(a.rank) - ranks.indexOf(b.rank));
  if (typeof rollout !== 'object' || !('inOrder' in rollout)) return waiting;
  return waiting.toSorted((a, b) => rollout.inOrder.indexOf(a.node) - rollout.inOrder.indexOf(b.node));
}

/**
 * The order in which the nodes of one turn are taken: what has nothing to lose first.
 * @param members in the order of their names
 */
export function orderTurn(members: readonly TurnMember[], rollout: Rollout, choices: Choices): readonly Place[] {
  const line = lineOf(rollout, choices);
  const ranked = members.map((member): Ranked => ({ node: member.node, rank: rankOf(member) }));
  const waits = ({ rank }: Ranked): boolean => line?.ranks.has(rank) === true;
  const waiting = ranked.filter(waits);
  const free = ranked.filter((member) => !waits(member)).map(({ node }): Place => ({ node, inLine: false, afterNodes: [] }));
  // A control plane is taken down only when those that start beside it are there.
  const first = rollout === 'founding' ? free.map(({ node }) => node) : [];
  const sorted = sortLine(waiting, rollout);
  const inLine = sorted.map(({ node }, index): Place => {
    const before = line === undefined ? undefined : sorted[index - line.width];
    return { node, inLine: true, afterNodes: [...first, ...(before === undefined ? [] : [before.node])] };
  });
  return [...free, ...inLine];
}
