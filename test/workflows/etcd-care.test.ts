import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import { orderDefrag, successorOf } from '../../src/cluster/etcd-room.ts';
import { planSteps } from '../../src/engine/make-plan.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import type { Workflow } from '../../src/engine/phase.ts';
import type { Step } from '../../src/engine/plan.ts';
import type { DefragTarget } from '../../src/phases/etcd-care.ts';
import { defragWorkflow, reclaimWorkflow } from '../../src/workflows/etcd-care.ts';
import { place } from '../../src/workflows/place.ts';
import { membersOf } from '../cluster/quorum-members.ts';
import { sample, three } from '../components/sample.ts';

const mebibyte = 1024 ** 2;
const cluster = sample(three);
const names = ['a', 'b', 'c'];
const members = membersOf('hhh').map((member, index) => ({ ...member, name: names[index] ?? '', isLeader: index === 0 }));
const endpoints = members.flatMap(({ clientURLs }) => clientURLs);
const successor = successorOf(members);

const targets: readonly DefragTarget[] = orderDefrag(members).map((member) => ({
  node: member.name,
  member,
  sizeBytes: 200 * mebibyte,
  inUseBytes: 100 * mebibyte,
  ...(member.isLeader && successor !== undefined ? { successor } : {}),
}));

function stepsOf(workflow: Workflow): readonly Step[] {
  const desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
  const context = () => ({
    secrets: new Map(),
    authorities: new Map(),
    now: new Date(0),
    renewBeforeDays: 30,
    binary: () => undefined,
    image: () => undefined,
  });
  const observations = new Map(cluster.nodes.map(({ name }) => [name, emptyObservations()]));
  return planSteps({ workflow, desired, observations, context });
}
const shapeOf = (steps: readonly Step[]): string[] =>
  steps.map(({ id, after, actions }) => `${id}: ${actions.map(({ kind }) => kind).join(', ')}; after ${after.join(' ')}`);

describe('defrag', () => {
  const steps = stepsOf(defragWorkflow(targets, { endpoints, isAlone: false }));

  test('one after the other, the leader last and out of the lead', () => {
    expect(shapeOf(steps)).toEqual([
      'etcd/defrag-b@b: etcd-defrag; after ',
      'etcd/defrag-c@c: etcd-defrag; after etcd/defrag-b@b',
      'etcd/defrag-a@a: etcd-move-leader, etcd-defrag; after etcd/defrag-c@c',
    ]);
    expect(steps[2]?.actions[0]).toEqual({ kind: 'etcd-move-leader', to: '2', toName: 'b' });
  });

  test('each is awaited until it serves and has caught up', () => {
    for (const { gate } of steps) expect(gate.map(({ test: { kind } }) => kind)).toEqual(['http', 'etcd-caught-up']);
  });

  test('the time it may take grows with the file, and a gain that is gone is no work', () => {
    expect(steps[0]?.actions[0]).toMatchObject({ timeoutSeconds: 60 + Math.ceil(200 / 5.12), leastGainBytes: 50 * mebibyte });
  });
});

test('alone: nobody to catch up with', () => {
  const [target] = targets;
  const steps = stepsOf(defragWorkflow(target === undefined ? [] : [target], { endpoints, isAlone: true }));
  expect(steps.map(({ gate }) => gate.length)).toEqual([1]);
  expect(steps[0]?.actions[0]).toMatchObject({ isAlone: true });
});

describe('reclaim', () => {
  const options = { endpoints, isAlone: false, reclaim: { keepRevisions: 7 } };

  test('history goes on each member before its file is written anew; the alarm goes last', () => {
    expect(shapeOf(stepsOf(reclaimWorkflow(targets, options)))).toEqual([
      'etcd/defrag-b@b: etcd-compact, etcd-defrag; after ',
      'etcd/defrag-c@c: etcd-compact, etcd-defrag; after etcd/defrag-b@b',
      'etcd/defrag-a@a: etcd-compact, etcd-move-leader, etcd-defrag; after etcd/defrag-c@c',
      'etcd/disarm@a: etcd-disarm; after etcd/defrag-a@a',
    ]);
  });

  test('each member is awaited for a compaction of its own', () => {
    const kept = stepsOf(reclaimWorkflow(targets, options)).flatMap(({ actions }) =>
      actions.flatMap((action) => (action.kind === 'etcd-compact' ? [action.keepRevisions] : [])),
    );
    expect(kept).toEqual([9, 8, 7]);
  });

  test('nobody to do: nothing', () => {
    expect(stepsOf(reclaimWorkflow([], options))).toEqual([]);
  });
});
