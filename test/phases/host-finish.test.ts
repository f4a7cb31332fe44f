import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import type { Action } from '../../src/engine/action.ts';
import { hostPaths, unitStampPath } from '../../src/engine/host-paths.ts';
import { emptyObservations, type FileSeen, type Observations } from '../../src/engine/observation.ts';
import type { Phase } from '../../src/engine/phase.ts';
import { hostFinish } from '../../src/phases/host-finish.ts';
import { hostPrepare } from '../../src/phases/host-prepare.ts';
import { placementOf, sample } from '../components/sample.ts';

const cluster = sample();
const desired = desire(cluster, placementOf(cluster));
const [node] = cluster.nodes;
if (node === undefined) throw new Error('no node');
const units = desired.describe(node).flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
const mark: FileSeen = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 8, sha256: 'aa' };

const seen = (started: readonly string[], isMarked: boolean): Observations => ({
  ...emptyObservations(),
  contents: new Map(started.map((unit) => [unitStampPath(unit), ''])),
  files: new Map(isMarked ? [[hostPaths.joining, mark]] : []),
});
const actionsOf = (phase: Phase, observations: Observations): readonly Action[] => phase.actions?.(desired, node, observations) ?? [];

describe('a node is joining', () => {
  test.each([
    ['from its first step', [], false, 1],
    ['once is enough', [], true, 0],
    ['while one unit was never started', units.slice(1), false, 1],
    ['not where everything was started once', units, false, 0],
  ])('%s', (_, started, isMarked, writes) => {
    const actions = actionsOf(hostPrepare, seen(started, isMarked));
    expect(actions.map((action) => [action.kind, 'path' in action && action.path])).toEqual(
      Array.from({ length: writes }, () => ['file', hostPaths.joining]),
    );
  });

  test('until its last step, which takes away what was seen or is written before', () => {
    expect(actionsOf(hostFinish([]), seen(units, true))).toMatchObject([
      { kind: 'remove', path: hostPaths.joining, expected: { sha256: 'aa' } },
    ]);
    expect(actionsOf(hostFinish([]), seen(units, false))).toEqual([]);
  });

  test('and waits for everything else of it, and for the cluster to know it', () => {
    expect(hostFinish([hostPrepare]).after).toEqual([
      { phase: 'host/prepare', on: 'same' },
      { phase: 'nodes/register', on: 'every' },
    ]);
  });
});
