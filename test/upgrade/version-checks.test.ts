import { describe, expect, test } from 'vitest';
import { sample, three } from '../components/sample.ts';
import { etcdSeen, findingsOf, linesOf, nodeObjects, type Situation } from './situation.ts';

const cluster = sample(three);

describe('skew', () => {
  test.each<readonly [string, Situation, readonly string[]]>([
    ['everything is of one release', {}, []],
    ['nodes three minors behind what comes', { releases: { kubelet: '1.34.1', 'kube-proxy': '1.34.1' } }, []],
    [
      'a kubelet four minors behind what comes, though it is brought along afterwards',
      { releases: { 'kubelet@w': '1.33.1', 'kube-proxy@w': '1.33.1' } },
      [
        'error w: on the way to 1.37.1: kubelet 1.33.1 on w is too old for kube-apiserver 1.37.1 on c: it may be 3 minors older',
        'error w: on the way to 1.37.1: kube-proxy 1.33.1 on w is too old for kube-apiserver 1.37.1 on c: it may be 3 minors older',
      ],
    ],
    [
      'a controller manager that was left behind',
      { releases: { 'kube-controller-manager@b': '1.35.4' } },
      [
        'error b: on the way to 1.37.1: kube-controller-manager 1.35.4 on b is too old for kube-apiserver 1.37.1 on c: it may be one minor older',
      ],
    ],
    ['some API servers are new already', { releases: { 'kube-apiserver@a': '1.37.1' } }, []],
    [
      'a kubelet that is newer than the API servers, until they are new',
      { releases: { 'kubelet@w': '1.37.1' } },
      ['warning w: kubelet 1.37.1 on w is newer than kube-apiserver 1.36.5 on a: it must not be newer'],
    ],
    [
      'a node that is away keeps its release',
      { seen: { w: undefined, c: { kubeNodes: nodeObjects({ w: { kubelet: '1.33.4' } }) } } },
      ['error w: on the way to 1.37.1: kubelet 1.33.4 on w is too old for kube-apiserver 1.37.1 on c: it may be 3 minors older'],
    ],
    [
      'a node of others, too, however far the upgrade goes',
      { seen: { c: { kubeNodes: nodeObjects({ stranger: { kubelet: '1.38.0' } }) } } },
      ['error stranger: on the way to 1.37.1: kubelet 1.38.0 on stranger is newer than kube-apiserver 1.37.1 on a: it must not be newer'],
    ],
    ['nothing is known of what runs', { seen: { a: undefined, b: undefined, c: undefined, w: undefined } }, []],
  ])('%s', (_, situation, lines) => {
    expect(linesOf('VersionSkew', cluster, situation)).toEqual(lines);
  });

  test('cannot be waived', () => {
    const [found] = findingsOf(cluster, { releases: { 'kubelet@w': '1.33.1' } }, ['VersionSkew']);
    expect(found).toMatchObject({ id: 'VersionSkew', severity: 'error', mandatory: true });
  });
});

describe('etcd', () => {
  const members = (releases: Readonly<Record<string, string | undefined>>, more: Situation = {}): Situation => ({
    ...more,
    seen: { a: { etcd: etcdSeen(releases) } },
  });

  test.each<readonly [string, Situation, readonly string[]]>([
    ['the release of before', {}, []],
    ['at its floor', members({ a: '3.6.11', b: '3.6.11', c: '3.6.16' }), []],
    ['new already, as after an interruption', members({ a: '3.7.3', b: '3.6.16', c: '3.6.16' }), []],
    [
      'one member below the floor of the next minor',
      members({ a: '3.6.16', b: '3.6.10', c: '3.6.16' }),
      ['error b: etcd 3.6.10 must be 3.6.11 or newer before it becomes 3.7.3'],
    ],
    [
      'two minors behind',
      members({ a: '3.5.40', b: '3.6.16', c: '3.6.16' }),
      ['error a: etcd 3.5.40 cannot become 3.7.3 in one step: minors must not be left out'],
    ],
    [
      'newer than what is wanted',
      members({ a: '3.7.3', b: '3.7.3', c: '3.7.3' }, { from: '1.35.4', to: '1.36.5' }),
      ['a', 'b', 'c']
        .map((node) => `error ${node}: etcd 3.7.3 cannot become 3.6.16: data of a newer minor are not read by an older one`)
        .sort(),
    ],
    [
      'a member that does not answer has the release that its host says',
      { ...members({ a: '3.6.16', b: undefined, c: '3.6.16' }), releases: { 'etcd@b': '3.6.2' } },
      ['error b: etcd 3.6.2 must be 3.6.11 or newer before it becomes 3.7.3'],
    ],
  ])('%s', (_, situation, lines) => {
    expect(linesOf('EtcdPath', cluster, situation).toSorted()).toEqual(lines);
  });
});

describe('the way back', () => {
  test.each<readonly [string, Situation, readonly string[]]>([
    ['a patch back is none', { from: '1.37.2', to: '1.37.1' }, []],
    ['API servers that are new already', { releases: { 'kube-apiserver@b': '1.37.1' } }, []],
    [
      'an API server that is further than this hop',
      { from: '1.35.4', releases: { 'kube-apiserver@b': '1.37.1' }, hops: ['1.36.5', '1.37.1'] },
      ['error b: kube-apiserver is 1.37.1, and the hop wants 1.36.5: what a newer minor has written, an older one may not read'],
    ],
  ])('%s', (_, situation, lines) => {
    expect(linesOf('Downgrade', cluster, situation, ['Downgrade'])).toEqual(lines);
  });
});
