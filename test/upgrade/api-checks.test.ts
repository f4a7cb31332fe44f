import { describe, expect, test } from 'vitest';
import type { DeprecatedApi, DeprecatedCaller } from '../../src/engine/kube-upgrade.ts';
import { sample, three } from '../components/sample.ts';
import { linesOf, quiet, type Situation } from './situation.ts';

const cluster = sample(three);
const api = (removedRelease: string, more: Partial<DeprecatedApi> = {}): DeprecatedApi => ({
  group: 'g.io',
  version: 'v1beta1',
  resource: 'widgets',
  removedRelease,
  ...more,
});
const caller = (user: string, agent: string): DeprecatedCaller => ({ ...api('1.37'), user, agent, requests: 3 });
const seen = (a: readonly DeprecatedApi[], b: readonly DeprecatedApi[] = [], callers: readonly DeprecatedCaller[] = []): Situation => ({
  seen: { a: { deprecatedApis: { apis: a, callers: [] } }, b: { deprecatedApis: { apis: b, callers } } },
});

describe('APIs that go away', () => {
  test.each<readonly [string, Situation, readonly string[]]>([
    ['nobody asked', seen([]), []],
    ['of which it is not decided when', seen([api('')]), []],
    [
      'later',
      seen([api('1.38')]),
      ['warning -: g.io/v1beta1 widgets was asked for on a since its API server started, and is gone in 1.38'],
    ],
    [
      'with the target, asked of two servers, by whom the audit log says',
      seen([api('1.37')], [api('1.37')], [caller('bo', 'tool/v1'), caller('anna', ''), caller('bo', 'tool/v1')]),
      ['error -: g.io/v1beta1 widgets was asked for on a, b since its API server started, and is gone in 1.37; by anna, bo with tool/v1'],
    ],
    [
      'with an earlier hop than the target, and in the past',
      { ...seen([api('1.36', { group: '', version: 'v1', resource: 'things/status' })]), from: '1.35.4', hops: ['1.36.5', '1.37.1'] },
      ['error -: v1 things/status was asked for on a since its API server started, and is gone in 1.36'],
    ],
    [
      'not by another target',
      { ...seen([api('1.37')]), from: '1.35.4', to: '1.36.5' },
      ['warning -: g.io/v1beta1 widgets was asked for on a since its API server started, and is gone in 1.37'],
    ],
  ])('%s', (_, situation, lines) => {
    expect(linesOf('DeprecatedApi', cluster, situation)).toEqual(lines);
  });

  test('may be waived', () => {
    expect(linesOf('DeprecatedApi', cluster, seen([api('1.37')]), ['DeprecatedApi'])[0]).toMatch(/^warning /);
  });
});

describe('stored versions', () => {
  const definition = (stored: readonly string[], served: readonly string[]): Situation => ({
    seen: { a: { kubeUpgrade: { ...quiet, definitions: [{ name: 'w.g.io', stored, served, deprecated: [] }] } } },
  });
  test.each<readonly [string, Situation, readonly string[]]>([
    ['one, served', definition(['v1'], ['v1']), []],
    ['several, served', definition(['v1beta1', 'v1'], ['v1', 'v1beta1']), []],
    [
      'one that is not served',
      definition(['v1alpha1', 'v1'], ['v1']),
      ['warning -: objects of w.g.io may lie in etcd as v1alpha1, which is not served any more'],
    ],
  ])('%s', (_, situation, lines) => {
    // Of other control planes nothing is told: one host is asked.
    const alone = { ...situation, seen: { b: { kubeUpgrade: undefined }, c: { kubeUpgrade: undefined }, ...situation.seen } };
    expect(linesOf('StoredVersion', cluster, alone)).toEqual(lines);
  });
});

describe('what is not known', () => {
  const others = { b: { kubeUpgrade: undefined }, c: { kubeUpgrade: undefined } };
  const { pods: _pods, webhooks: _webhooks, ...some } = quiet;
  test.each<readonly [string, Situation, readonly string[]]>([
    ['nothing', { seen: others }, []],
    [
      'all, as no API server answers',
      { seen: { a: { kubeUpgrade: {} }, ...others } },
      ['error -: no API server says what is in the way: budgets, webhooks and pods are not known'],
    ],
    [
      'some of it',
      { seen: { a: { kubeUpgrade: some }, ...others } },
      ['warning -: the API did not list pods, admission webhooks: not known whether they are in the way'],
    ],
    ['what one host could not tell and another could', { seen: { a: { kubeUpgrade: {} }, b: { kubeUpgrade: quiet } } }, []],
    [
      'which APIs an API server was asked for',
      { seen: { ...others, c: { kubeUpgrade: undefined, deprecatedApis: undefined } } },
      ['warning -: API servers that do not say which APIs are asked for that go away: c'],
    ],
  ])('%s', (_, situation, lines) => {
    expect(linesOf('UpgradeUnknown', cluster, situation)).toEqual(lines);
  });
});
