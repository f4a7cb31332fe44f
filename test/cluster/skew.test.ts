import { describe, expect, test } from 'vitest';
import { judgeSkew, type Running, type Skewed } from '../../src/cluster/skew.ts';

const run = (component: Skewed, minor: number, node = 'cp1', patch = 0): Running => ({
  node,
  component,
  version: { major: 1, minor, patch, prerelease: '' },
});
const api = 33;
const apart = [-4, -3, -2, -1, 0, 1, 2, 3, 4];

/** Minors from an API server at which a program may be, written down from the policy and not from the code. */
const allowed: Readonly<Record<Skewed, readonly number[]>> = {
  'kube-apiserver': [-1, 0, 1],
  'kube-controller-manager': [-1, 0],
  'kube-scheduler': [-1, 0],
  kubelet: [-3, -2, -1, 0],
  'kube-proxy': [-3, -2, -1, 0],
  kubectl: [-1, 0, 1],
};
const skewed = Object.keys(allowed) as Skewed[];
const pairs = skewed.flatMap((component) => apart.map((minors) => ({ component, minors })));

describe('every program, every distance up to four minors', () => {
  test.each(pairs)('$component $minors', ({ component, minors }) => {
    const all = [run('kube-apiserver', api), run(component, api + minors, 'n2')];
    expect(judgeSkew(all).length === 0).toBe(allowed[component].includes(minors));
  });
});

describe('while API servers are rolled from one minor to the next', () => {
  const servers = [run('kube-apiserver', api), run('kube-apiserver', api + 1, 'cp2')];
  /** Both bounds narrow: no newer than the old one, and no older than the new one allows. */
  const narrowed: Readonly<Record<Exclude<Skewed, 'kube-apiserver'>, readonly number[]>> = {
    'kube-controller-manager': [0],
    'kube-scheduler': [0],
    kubelet: [-2, -1, 0],
    'kube-proxy': [-2, -1, 0],
    kubectl: [0, 1],
  };
  const cases = (Object.keys(narrowed) as (keyof typeof narrowed)[]).flatMap((component) => apart.map((minors) => ({ component, minors })));

  test.each(cases)('$component $minors from the older one', ({ component, minors }) => {
    expect(judgeSkew([...servers, run(component, api + minors, 'n2')]).length === 0).toBe(narrowed[component].includes(minors));
  });
});

describe('kube-proxy and the kubelet beside it', () => {
  test.each(apart)('%i minors apart', (minors) => {
    const kubelet = run('kubelet', api, 'n2');
    expect(judgeSkew([kubelet, run('kube-proxy', api + minors, 'n2')]).length === 0).toBe(Math.abs(minors) <= 3);
    expect(judgeSkew([kubelet, run('kube-proxy', api + minors, 'n3')])).toEqual([]);
  });
});

test('patches do not count', () => {
  expect(judgeSkew([run('kube-apiserver', api, 'cp1', 1), run('kubelet', api, 'n2', 9)])).toEqual([]);
});

test('another major is too far in any direction', () => {
  const next: Running = { node: 'n2', component: 'kubelet', version: { major: 2, minor: api, patch: 0, prerelease: '' } };
  expect(judgeSkew([run('kube-apiserver', api), next])).toHaveLength(1);
  expect(judgeSkew([{ ...next, component: 'kube-apiserver' }, run('kubelet', api, 'n3')])).toHaveLength(1);
});

test('says who, where, and what is allowed', () => {
  const all = [
    run('kube-apiserver', 36, 'cp2', 5),
    run('kube-apiserver', 34, 'cp1', 2),
    run('kubelet', 35, 'n1'),
    run('kubelet', 32, 'n2'),
    run('kubectl', 38, 'n3'),
    run('kube-proxy', 31, 'n1'),
  ];
  expect(judgeSkew(all).map(({ message }) => message)).toEqual([
    'kube-apiserver 1.34.2 on cp1 is too old for kube-apiserver 1.36.5 on cp2: API servers may be one minor apart',
    'kubelet 1.35.0 on n1 is newer than kube-apiserver 1.34.2 on cp1: it must not be newer',
    'kubelet 1.32.0 on n2 is too old for kube-apiserver 1.36.5 on cp2: it may be 3 minors older',
    'kubectl 1.38.0 on n3 is newer than kube-apiserver 1.34.2 on cp1: it may be one minor newer',
    'kube-proxy 1.31.0 on n1 is too old for kube-apiserver 1.36.5 on cp2: it may be 3 minors older',
    'kube-proxy 1.31.0 on n1 and kubelet 1.35.0 on n1 are too far apart: they may be 3 minors apart',
  ]);
});
