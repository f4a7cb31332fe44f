import type { NodeName } from '../cluster/cluster.ts';
import type { Desired } from '../engine/phase.ts';
import type { Finding } from '../engine/plan.ts';

/** One warning for every node that a run leaves out, with what it misses by now. */
export function warnOfAbsent({ cluster, placement: { absences } }: Desired): readonly Finding[] {
  const down: ReadonlySet<NodeName> = new Set(cluster.nodes.filter(({ state }) => state === 'down').map(({ name }) => name));
  return [...absences].flatMap(([node, { since, misses }]): readonly Finding[] => {
    if (!down.has(node)) return [];
    const missed = misses.length === 0 ? '' : `; it misses ${misses.join(', ')}`;
    return [
      {
        id: 'NodeDown',
        node,
        severity: 'warning',
        message: `declared down since ${since}, left out${missed}`,
        remedy: 'when it is back, take its state: down away and run kcluster init; when it is gone for good, kcluster nodes remove --dead',
      },
    ];
  });
}
