import { describe, expect, test } from 'vitest';
import { gateChanges } from '../../src/upgrade/removals.ts';
import { sample, three } from '../components/sample.ts';
import { findingsOf, linesOf, type Situation } from './situation.ts';

const hop137: Situation = {};
const hop136: Situation = { from: '1.35.4', to: '1.36.5' };
const both: Situation = { from: '1.35.4', to: '1.37.1', hops: ['1.36.5', '1.37.1'] };
const lines = (components: object, situation: Situation = hop137): readonly string[] =>
  linesOf('RemovedSetting', sample(three, { components }), situation);
const everywhere = '(set for a, b, c, w)';
const control = '(set for a, b, c)';

describe('flags', () => {
  test.each<readonly [string, object, Situation, readonly string[]]>([
    ['none', {}, hop137, []],
    ['one that stays', { kubelet: { extraArgs: { 'housekeeping-interval': '15s' } } }, hop137, []],
    ['one that a default has and the inventory leaves out', { kubelet: { extraArgs: { containerd: null } } }, hop137, []],
    ['one that goes later', { kubelet: { extraArgs: { containerd: '/run/x.sock' } } }, hop136, []],
    [
      'one that goes',
      { kubelet: { extraArgs: { containerd: '/run/x.sock' } } },
      hop137,
      [`error -: kubelet 1.37 does not know the flag containerd any more, and does not start with it ${everywhere}`],
    ],
    [
      'one that goes from two programs',
      { kubelet: { extraArgs: { 'boot-id-file': '/x' } }, 'kube-proxy': { extraArgs: { 'boot-id-file': '/x' } } },
      hop137,
      ['kubelet', 'kube-proxy'].map(
        (name) => `error -: ${name} 1.37 does not know the flag boot-id-file any more, and does not start with it ${everywhere}`,
      ),
    ],
    [
      'one that goes on a later hop',
      { 'kube-controller-manager': { extraArgs: { 'concurrent-service-syncs': 3 } } },
      both,
      [
        `error -: kube-controller-manager 1.37 does not know the flag concurrent-service-syncs any more, and does not start with it ${control}`,
      ],
    ],
    [
      'one of etcd',
      { etcd: { extraArgs: { 'experimental-watch-progress-notify-interval': '5s' } } },
      hop137,
      [
        `error -: etcd 3.7 does not know the flag experimental-watch-progress-notify-interval any more, and does not start with it ${control}`,
      ],
    ],
    ['one of etcd that 3.6 still knows', { etcd: { extraArgs: { 'experimental-corrupt-check-time': '4h' } } }, hop136, []],
  ])('%s', (_, components, situation, expected) => {
    expect(lines(components, situation)).toEqual(expected);
  });

  test('of one node are told of that node, and not where the program does not run', () => {
    const nodes = three.map((node) =>
      node.name === 'w' ? { ...node, components: { kubelet: { extraArgs: { containerd: 'x' } } } } : node,
    );
    expect(linesOf('RemovedSetting', sample(nodes), hop137)).toEqual([
      'error -: kubelet 1.37 does not know the flag containerd any more, and does not start with it (set for w)',
    ]);
  });

  test('cannot be waived', () => {
    const cluster = sample(three, { components: { kubelet: { extraArgs: { containerd: 'x' } } } });
    expect(findingsOf(cluster, hop137, ['RemovedSetting'])).toMatchObject([{ id: 'RemovedSetting', severity: 'error', mandatory: true }]);
  });
});

describe('feature gates', () => {
  const gates = (text: string) => ({ 'kube-apiserver': { extraArgs: { 'feature-gates': text } } });
  test.each<readonly [string, object, Situation, readonly string[]]>([
    ['one that stays', gates('OrdinaryGate=true'), hop137, []],
    [
      'one that goes, whatever its value',
      gates('SidecarContainers=true,kube:GangScheduling=false'),
      hop137,
      ['SidecarContainers', 'GangScheduling'].map(
        (gate) => `error -: kube-apiserver 1.37 does not know the feature gate ${gate} any more, and does not start with it ${control}`,
      ),
    ],
    ['one that is locked, with its only value', gates('HostnameOverride=true'), hop137, []],
    [
      'one that is locked, with another value',
      gates('HostnameOverride=false'),
      hop137,
      [`error -: the feature gate HostnameOverride is always true since 1.37, and kube-apiserver does not start with false ${control}`],
    ],
    [
      'one in a configuration file',
      { kubelet: { config: { featureGates: { MemoryManager: true, KubeletPSI: false } } } },
      both,
      [
        `error -: kubelet 1.36 does not know the feature gate MemoryManager any more, and does not start with it ${everywhere}`,
        `error -: the feature gate KubeletPSI is always true since 1.36, and kubelet does not start with false ${everywhere}`,
      ],
    ],
    ['none in a file that says something else', { 'kube-proxy': { config: { featureGates: ['MemoryManager'] } } }, both, []],
  ])('%s', (_, components, situation, expected) => {
    expect(lines(components, situation)).toEqual(expected);
  });

  test('a gate that went is not locked, too', () => {
    for (const { removed, locked } of Object.values(gateChanges)) expect(removed.filter((gate) => gate in locked)).toEqual([]);
  });
});

test.each<readonly [string, readonly string[]]>([
  ['NodeRestriction,AlwaysPullImages', []],
  [
    'NodeRestriction,JobValidation',
    [`error -: kube-apiserver 1.37 does not know the admission plugin JobValidation any more, and does not start with it ${control}`],
  ],
])('admission plugins %s', (plugins, expected) => {
  expect(lines({ 'kube-apiserver': { extraArgs: { 'enable-admission-plugins': plugins } } })).toEqual(expected);
});
