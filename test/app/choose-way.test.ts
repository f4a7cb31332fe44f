import { describe, expect, test } from 'vitest';
import { newestOf, usualTarget, wayTo } from '../../src/app/choose-way.ts';
import { isUnfinished, type Survey } from '../../src/app/survey-releases.ts';
import type { ComponentName } from '../../src/cluster/cluster.ts';
import { compareVersions, formatVersion, minorOf } from '../../src/cluster/version.ts';
import { v } from '../upgrade/situation.ts';

/** `kubelet 1.36.5` on a node of its own; the oldest API server is where it begins. */
function survey(...parts: readonly string[]): Survey {
  const running = parts.map((part, index) => {
    const [component = '', release = ''] = part.split(' ');
    return { node: `n${index}`, component: component as ComponentName, version: v(release) };
  });
  const servers = running.filter(({ component }) => component === 'kube-apiserver').map(({ version }) => version);
  const [from] = servers.toSorted(compareVersions);
  if (from === undefined) throw new RangeError('no API server');
  return { running, from };
}
const hopsOf = (of: Survey, to: string): readonly string[] => wayTo(of, v(to)).hops.map(formatVersion);
const newest = (minor: string): string => {
  const version = newestOf(minor);
  return version === undefined ? '' : formatVersion(version);
};

describe('the way', () => {
  const whole = (release: string): Survey => survey(`kube-apiserver ${release}`, `kubelet ${release}`, 'etcd 3.6.16');
  test.each<[string, Survey, string, readonly string[]]>([
    ['to another patch is one hop', whole('1.36.3'), '1.36.5', ['1.36.5']],
    ['to the next minor is one hop', whole('1.36.5'), '1.37.1', ['1.37.1']],
    ['over a minor leads over its newest release', whole('1.35.4'), '1.37.1', [newest('1.36'), '1.37.1']],
    ['to where the cluster is looks at that once', whole('1.37.1'), '1.37.1', ['1.37.1']],
  ])('%s', (_, from, to, hops) => {
    expect(hopsOf(from, to)).toEqual(hops);
  });

  test.each<[string, readonly string[], string, readonly string[]]>([
    [
      'API servers are half new: what is left of the hop',
      ['kube-apiserver 1.37.1', 'kube-apiserver 1.36.5', 'kubelet 1.36.5'],
      '1.37.1',
      ['1.37.1'],
    ],
    [
      'API servers are new, kubelets old: the hop is finished',
      ['kube-apiserver 1.37.1', 'kubelet 1.36.5', 'kubelet 1.37.1'],
      '1.37.1',
      ['1.37.1'],
    ],
    ['and further on: finished first', ['kube-apiserver 1.36.5', 'kubelet 1.35.4'], '1.37.1', ['1.36.5', '1.37.1']],
    ['a scheduler is old: finished first', ['kube-apiserver 1.36.5', 'kube-scheduler 1.35.4'], '1.37.1', ['1.36.5', '1.37.1']],
    ['another patch is no hop that was begun', ['kube-apiserver 1.36.5', 'kubelet 1.36.3'], '1.37.1', ['1.37.1']],
    ['etcd is older: not of Kubernetes', ['kube-apiserver 1.36.5', 'etcd 3.5.33', 'containerd 1.7.29'], '1.37.1', ['1.37.1']],
    [
      'a kubelet was left behind, and the next hop has begun: no API server goes back',
      ['kube-apiserver 1.37.1', 'kube-apiserver 1.36.5', 'kubelet 1.35.4'],
      '1.37.1',
      ['1.37.1'],
    ],
  ])('%s', (_, parts, to, hops) => {
    expect(hopsOf(survey(...parts), to)).toEqual(hops);
  });

  test('says where it begins and ends', () => {
    const way = wayTo(whole('1.35.4'), v('1.37.1'));
    expect([formatVersion(way.from), formatVersion(way.to)]).toEqual(['1.35.4', '1.37.1']);
  });

  test.each([
    ['back', '1.36.4', 8],
    ['back to another minor', '1.35.4', 8],
    ['to another major', '2.0.0', 8],
  ])('%s is refused', (_, to, exitCode) => {
    expect(() => hopsOf(whole('1.36.5'), to)).toThrow(expect.objectContaining({ exitCode }));
  });

  test('over a minor that nobody knows is refused, and named', () => {
    expect(() => hopsOf(whole('1.37.1'), '1.39.0')).toThrow(/leads over 1\.38/);
  });
});

describe('what is looked at when nobody named a target', () => {
  test.each<[string, string, string, string]>([
    ['what the inventory wants, if it is newer', '1.36.5', '1.37.1', '1.37.1'],
    ['else the newest patch', '1.36.3', '1.36.3', newest('1.36')],
    ['whatever older one the inventory names', '1.36.3', '1.35.4', newest('1.36')],
    ['else the next minor', newest('1.36'), newest('1.36'), newest('1.37')],
    ['else where the cluster is', newest('1.37'), newest('1.37'), newest('1.37')],
    ['a release that nobody knows stays, too', '1.37.99', '1.37.99', '1.37.99'],
  ])('%s', (_, from, wanted, target) => {
    expect(formatVersion(usualTarget(survey(`kube-apiserver ${from}`), v(wanted)))).toBe(target);
  });
});

test('a minor that the catalogue does not know has no newest release', () => {
  expect(newestOf('1.99')).toBeUndefined();
  expect(minorOf(newestOf('1.36') ?? v('0.0.0'))).toBe('1.36');
});

test.each<[boolean, readonly string[]]>([
  [false, ['kube-apiserver 1.36.5', 'kubelet 1.36.5']],
  [false, ['kube-apiserver 1.36.5', 'kubelet 1.36.3', 'kubectl 1.34.1']],
  [false, ['kube-apiserver 1.36.5', 'kubelet 1.37.1']],
  [true, ['kube-apiserver 1.36.5', 'kube-controller-manager 1.35.4']],
  [true, ['kube-apiserver 1.36.5', 'kube-proxy 1.35.4']],
  [false, ['kube-apiserver 1.36.5', 'kube-apiserver 1.37.1', 'kube-proxy 1.35.4']],
])('unfinished is %s: %j', (expected, parts) => {
  expect(isUnfinished(survey(...parts))).toBe(expected);
});
