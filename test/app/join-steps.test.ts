import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { joinSteps } from '../../src/app/join-steps.ts';
import type { Look } from '../../src/app/look.ts';
import type { PlanFor } from '../../src/app/make-run-plan.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { unitStampPath } from '../../src/engine/host-paths.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import type { Step } from '../../src/engine/plan.ts';
import { RefusedError } from '../../src/errors.ts';
import { placementOf, sample } from '../components/sample.ts';

const cluster: Cluster = sample([
  { name: 'a', address: '192.0.2.1', roles: ['control-plane'] },
  ...['w1', 'w2', 'w3'].map((name, index) => ({ name, address: `192.0.2.${index + 11}`, roles: ['worker'] })),
]);

/** A cluster of these nodes; the others of the inventory are bare. */
function lookOf(members: readonly string[], etcdExists = true): Look {
  const desired = desire(cluster, placementOf(cluster, { etcdExists }));
  const observations = new Map(
    cluster.nodes.map((node): [string, Observations] => {
      const units = desired
        .describe(node)
        .flatMap(({ unit }) => (unit === undefined || !members.includes(node.name) ? [] : [[unitStampPath(unit), ''] as const]));
      return [node.name, { ...emptyObservations(), contents: new Map(units), kubeNodes: new Map(members.map((name) => [name, {}])) }];
    }),
  );
  return { desired, observations, etcdMembers: undefined, absent: () => new Map() };
}

function step(phase: string, node: string, what: string): Step {
  return { id: `${phase}@${node}`, phase, node, title: phase, after: [], actions: [{ kind: 'module', name: what }], gate: [] };
}

/** On every node one step that has drifted whoever is there, and one that depends on who is there. */
const planFor: PlanFor = ({ cluster: { nodes } }, observations) =>
  [...observations.keys()].flatMap((name) => [
    step('drift/mend', name, 'same'),
    step('network/run', name, nodes.map((node) => node.name).join(' ')),
  ]);

const draw = (members: readonly string[], wanted: readonly string[]): readonly string[] =>
  joinSteps(wanted)(lookOf(members), planFor).steps.map(
    ({ id, actions: [action] }) => `${id}: ${action?.kind === 'module' ? action.name : ''}`,
  );

describe('who joins gets everything, the others only what changes because of it', () => {
  test('one new worker', () => {
    expect(draw(['a', 'w1', 'w2'], [])).toEqual([
      'network/run@a: a w1 w2 w3',
      'network/run@w1: a w1 w2 w3',
      'network/run@w2: a w1 w2 w3',
      'drift/mend@w3: same',
      'network/run@w3: a w1 w2 w3',
    ]);
  });

  test('one of two new workers: the other one is not there yet', () => {
    expect(draw(['a', 'w1'], ['w3'])).toEqual([
      'network/run@a: a w1 w3',
      'network/run@w1: a w1 w3',
      'drift/mend@w3: same',
      'network/run@w3: a w1 w3',
    ]);
  });

  test('all who are able to, unless some are named', () => {
    expect(joinSteps([])(lookOf(['a']), planFor).focus).toEqual(new Set(['w1', 'w2', 'w3']));
    expect(joinSteps(['w2', 'a'])(lookOf(['a']), planFor).focus).toEqual(new Set(['w2']));
  });

  test.each([[[]], [['w1']]])('nobody: no step (%j)', (wanted) => {
    expect(joinSteps(wanted)(lookOf(['a', 'w1', 'w2', 'w3']), planFor).steps).toEqual([]);
  });

  test('nothing can be joined before there is a cluster', () => {
    expect(() => joinSteps([])(lookOf([], false), planFor)).toThrow(RefusedError);
  });
});
