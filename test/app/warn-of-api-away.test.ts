import { expect, test } from 'vitest';
import { warnOfApiAway } from '../../src/app/warn-of-api-away.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import type { Step } from '../../src/engine/plan.ts';

const snapshot = { sha256: 'ab'.repeat(32), sizeBytes: 4096, hash: 1, revision: 5, keys: 3 };
const members = { a: 'https://10.0.0.1:2380' };
const halt = (phase: string, node: string, units: readonly string[] = ['x.service']): Step => ({
  id: `${phase}@${node}`,
  phase,
  node,
  title: '',
  after: [],
  actions: units.length === 0 ? [] : [{ kind: 'halt', units, why: '' }],
  gate: [],
});
const seen = (startMs: number) => ({ ...emptyObservations(), startsMs: new Map([['kube-apiserver.service', startMs]]) });
const secondsIn = (message = ''): number => Number(/about (\d+) s/.exec(message)?.[1]);

test('one line says for how long, and which hosts stop', () => {
  const steps = [halt('restore/fence', 'a'), halt('restore/halt', 'a')];
  const [finding, ...more] = warnOfApiAway({ members, snapshot }, steps, new Map());
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ id: 'ApiAway', severity: 'warning' });
  expect(finding?.message).toMatch(/^the API is away for about \d+ s: API servers and etcd stop on a$/);
});

test('members on machines of their own are told apart', () => {
  const steps = [halt('restore/fence', 'cp'), halt('restore/halt', 'e1'), halt('restore/halt', 'e2')];
  expect(warnOfApiAway({ members, snapshot }, steps, new Map())[0]?.message).toMatch(/: API servers stop on cp; etcd stops on e1, e2$/);
});

test('etcd that is down already is not stopped', () => {
  const steps = [halt('restore/fence', 'cp'), halt('restore/halt', 'e1', [])];
  expect(warnOfApiAway({ members, snapshot }, steps, new Map())[0]?.message).toMatch(/; etcd stops on no host$/);
});

test('what the first API server took to start is counted', () => {
  const steps = [halt('restore/fence', 'a'), halt('restore/halt', 'a')];
  const at = (ms: number): number => secondsIn(warnOfApiAway({ members, snapshot }, steps, new Map([['a', seen(ms)]]))[0]?.message);
  expect(at(12_000) - at(2_000)).toBe(10);
});

test.each([
  ['where no API server runs', [halt('restore/fence', 'a', []), halt('restore/halt', 'a')]],
  ['once they are stopped', []],
])('nothing is said %s', (_, steps) => {
  expect(warnOfApiAway({ members, snapshot }, steps, new Map())).toEqual([]);
});
