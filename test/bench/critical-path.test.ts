import { describe, expect, test } from 'vitest';
import { type BringUpTimes, clusterStages } from '../../bench/cluster-stages.ts';
import { criticalPath, type Stage } from '../../bench/critical-path.ts';
import { parseUnitTimes } from '../../bench/unit-times.ts';

const stage = (id: string, startMs: number, readyMs: number, ...needs: (readonly string[])[]): Stage => ({ id, startMs, readyMs, needs });
const linksOf = (stages: readonly Stage[], ...goals: string[]) => {
  const { totalMs, links } = criticalPath(stages, goals);
  return [totalMs, ...links.map(({ id, ownMs }) => `${id} ${ownMs}`)];
};

describe('the critical path', () => {
  test('is what each process takes itself, without the time between them', () => {
    const stages = [stage('etcd', 100, 150), stage('api', 400, 500, ['etcd']), stage('kubelet', 900, 1_200, ['api'])];
    expect(linksOf(stages, 'kubelet')).toEqual([450, 'etcd 50', 'api 100', 'kubelet 300']);
  });

  test('counts a start before its time from the moment when all it needs was ready', () => {
    const stages = [stage('api', 0, 100), stage('runtime', 0, 40), stage('kubelet', 10, 130, ['api'], ['runtime'])];
    expect(linksOf(stages, 'kubelet')).toEqual([130, 'api 100', 'kubelet 30']);
  });

  test('takes nothing for what was ready before what it needs', () => {
    expect(linksOf([stage('api', 0, 100), stage('kubelet', 0, 90, ['api'])], 'kubelet')).toEqual([100, 'api 100', 'kubelet 0']);
  });

  test('goes the longest way, whichever ended last', () => {
    const stages = [stage('long', 0, 100), stage('late', 190, 200), stage('end', 200, 210, ['long'], ['late'])];
    expect(linksOf(stages, 'end')).toEqual([110, 'long 100', 'end 10']);
  });

  test('follows, of those of which one suffices, the one that was ready first', () => {
    const stages = [stage('api@1', 0, 300), stage('api@2', 100, 200), stage('kubelet', 250, 400, ['api@1', 'api@2'])];
    expect(linksOf(stages, 'kubelet')).toEqual([250, 'api@2 100', 'kubelet 150']);
  });

  test('ends with the goal that has the longest', () => {
    const stages = [stage('a', 0, 10), stage('b', 0, 20), stage('c', 0, 500)];
    expect(linksOf(stages, 'a', 'b')).toEqual([20, 'b 20']);
  });

  test('is nothing without a goal; an empty group is no need', () => {
    expect(linksOf([])).toEqual([0]);
    expect(linksOf([stage('a', 0, 10, [])], 'a')).toEqual([10, 'a 10']);
  });

  test.each([
    ['has no times', [stage('a', 0, Number.NaN)]],
    ['is there twice', [stage('a', 0, 1), stage('a', 0, 2)]],
    ['needs itself', [stage('a', 0, 1, ['b']), stage('b', 0, 1, ['a'])]],
    ['no stage b', [stage('a', 0, 1, ['b'])]],
  ])('is refused when a stage %s', (message, stages) => {
    expect(() => criticalPath(stages, ['a'])).toThrow(message);
  });
});

test('times of units come from the monotonic clock; units that never ran are left out', () => {
  const shown = `Id=etcd.service
NRestarts=0
ExecMainStartTimestampMonotonic=2000000
ActiveEnterTimestampMonotonic=2500500

Id=kubelet.service
NRestarts=2
ExecMainStartTimestampMonotonic=3000000
ActiveEnterTimestampMonotonic=3000000

Id=kube-proxy.service
NRestarts=0
ExecMainStartTimestampMonotonic=0
ActiveEnterTimestampMonotonic=0
`;
  expect(parseUnitTimes('h1', shown, 1_000)).toEqual([
    { host: 'h1', unit: 'etcd', startMs: 3_000, activeMs: 3_500.5, restarts: 0 },
    { host: 'h1', unit: 'kubelet', startMs: 4_000, activeMs: 4_000, restarts: 2 },
  ]);
});

describe('the stages of a cluster', () => {
  const unit = (host: string, name: string, startMs: number, activeMs: number) => ({ host, unit: name, startMs, activeMs, restarts: 0 });
  const times: BringUpTimes = {
    units: [
      unit('cp1', 'etcd', 10, 100),
      unit('cp2', 'etcd', 50, 100),
      unit('cp3', 'etcd', 90, 120),
      unit('cp1', 'kube-apiserver', 130, 200),
      unit('cp2', 'kube-apiserver', 130, 220),
      unit('cp3', 'kube-apiserver', 140, 240),
      unit('cp1', 'kube-controller-manager', 350, 360),
      unit('w1', 'containerd', 60, 80),
      unit('w1', 'kcluster-balancer', 70, 75),
      unit('w1', 'kubelet', 250, 260),
    ],
    servesAtMs: new Map([
      ['cp1', 300],
      ['cp2', 310],
      ['cp3', 320],
    ]),
    readyAtMs: new Map([['w1', 400]]),
  };
  const stages = new Map(clusterStages(times).map((one) => [one.id, one]));

  test('let a member of etcd begin when most of them were started', () => {
    expect(['cp1', 'cp2', 'cp3'].map((host) => stages.get(`etcd@${host}`)?.startMs)).toEqual([50, 50, 90]);
  });

  test('end a kubelet with its node, and an API server twice', () => {
    expect(stages.get('kubelet@w1')).toMatchObject({ startMs: 250, readyMs: 400 });
    expect(stages.get('kube-apiserver@cp2')).toMatchObject({ startMs: 130, readyMs: 220, needs: [['etcd@cp2']] });
    expect(stages.get('kube-apiserver serves@cp2')).toMatchObject({ startMs: 220, readyMs: 310, needs: [['kube-apiserver@cp2']] });
  });

  test('let a kubelet need any API server, and what runs beside it', () => {
    const servers = ['kube-apiserver@cp1', 'kube-apiserver@cp2', 'kube-apiserver@cp3'];
    expect(stages.get('kubelet@w1')?.needs).toEqual([servers, ['containerd@w1'], [], ['kcluster-balancer@w1']]);
    expect(criticalPath([...stages.values()], ['kubelet@w1'])).toMatchObject({ totalMs: 50 + 70 + 150 });
  });

  test('have no time where nothing was measured, which no path accepts', () => {
    const broken = clusterStages({ ...times, readyAtMs: new Map() });
    expect(() => criticalPath(broken, ['kubelet@w1'])).toThrow('kubelet@w1 has no times');
  });
});
