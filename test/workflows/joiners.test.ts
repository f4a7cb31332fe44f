import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import type { Placement } from '../../src/engine/description.ts';
import { unitStampPath } from '../../src/engine/host-paths.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import { joinedMark } from '../../src/phases/host-settle.ts';
import { joinersOf, strangersOf } from '../../src/workflows/joiners.ts';
import { placementOf, sample, three } from '../components/sample.ts';

const cluster = sample(three);

function joiners(
  hosts: Readonly<Record<string, 'whole' | 'unsettled' | 'bare' | 'half'>>,
  registered: readonly string[] | undefined,
  more: Partial<Placement> = {},
): readonly (readonly string[])[] {
  const desired = desire(cluster, placementOf(cluster, { etcdExists: true, ...more }));
  const observations = new Map(
    Object.entries(hosts).map(([name, state]): [string, Observations] => {
      const node = cluster.nodes.find((candidate) => candidate.name === name);
      const units =
        node === undefined
          ? []
          : desired.describe(node).flatMap((description) => (description.unit === undefined ? [] : [description.unit]));
      const started = state === 'bare' ? [] : units.slice(state === 'half' ? 1 : 0);
      const contents = new Map(started.map((id) => [unitStampPath(id), '']));
      const kubeNodes = registered === undefined ? undefined : new Map(registered.map((id) => [id, {}]));
      const mark = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 1 } as const;
      const files = new Map(state === 'whole' ? [[joinedMark, mark]] : []);
      return [name, { ...emptyObservations(), contents, files, kubeNodes }];
    }),
  );
  return [joinersOf(desired, observations), strangersOf(desired, observations)];
}

const whole = { a: 'whole', b: 'whole', c: 'whole', w: 'whole' } as const;
const everybody = ['a', 'b', 'c', 'w'];

describe('who joins, and who is no part of the cluster yet', () => {
  test.each<[what: string, found: readonly (readonly string[])[], joins: readonly string[], strangers?: readonly string[]]>([
    ['nobody of a cluster that is whole', joiners(whole, everybody), []],
    ['a bare host', joiners({ ...whole, w: 'bare' }, everybody), ['w']],
    ['a host that runs, but whose bring-up did not come to its end', joiners({ ...whole, b: 'unsettled' }, everybody), ['b'], []],
    ['a host that has a unit which was never started', joiners({ ...whole, b: 'half' }, everybody), ['b']],
    ['a host without a Node object', joiners(whole, ['a', 'c', 'w']), ['b']],
    [
      'a host that is no voter yet',
      joiners(whole, everybody, { etcdJoins: new Map([['c', { stage: 'promote', members: new Map(), endpoints: [] }]]) }),
      ['c'],
    ],
    ['not a host that does not answer', joiners({ a: 'whole', b: 'whole', c: 'whole' }, ['a', 'b', 'c']), []],
    ['several, in the order of their names', joiners({ w: 'bare', c: 'half', a: 'whole', b: 'bare' }, ['a']), ['b', 'c', 'w']],
    ['while no API answers only what the hosts show counts', joiners({ ...whole, w: 'bare' }, undefined), ['w']],
  ])('%s', (_, found, joins, strangers = joins) => {
    expect(found).toEqual([joins, strangers]);
  });
});
