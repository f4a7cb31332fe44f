import { describe, expect, test } from 'vitest';
import data from '../../src/artifacts/catalogue.json' with { type: 'json' };
import { catalogue, isReleasedWithKubernetes, readCatalogue } from '../../src/artifacts/catalogue.ts';
import { servesKubernetes } from '../../src/artifacts/select-versions.ts';
import { componentNames } from '../../src/cluster/cluster.ts';
import { defaultKubernetesVersion, supportedMinors } from '../../src/cluster/default-version.ts';
import { minorOf, parseVersion } from '../../src/cluster/version.ts';
import { InternalError } from '../../src/errors.ts';

test('the data agrees with what the inventory accepts', () => {
  expect(catalogue.defaultKubernetes).toBe(defaultKubernetesVersion);
  expect(Object.keys(catalogue.kubernetes)).toEqual(supportedMinors);
});

describe.each(Object.entries(catalogue.kubernetes))('Kubernetes %s', (minor, { newest, defaults }) => {
  test('its newest release is of that minor', () => {
    const version = parseVersion(newest);
    expect(version && minorOf(version)).toBe(minor);
  });

  test.each(componentNames.filter((name) => !isReleasedWithKubernetes(name)))('its %s serves it', (name) => {
    expect(servesKubernetes(name, defaults[name] ?? '', minor)).toBe(true);
  });
});

test.each([
  ['etcd', '3.6.16', '1.37', false],
  ['etcd', '3.7.3', '1.37', true],
  ['containerd', '2.2.7', '1.37', false],
  ['containerd', '1.7.34', '1.36', undefined],
  ['pause', '3.10', '1.36', undefined],
  ['kubelet', '1.36.5', '1.36', undefined],
] as const)('%s %s for Kubernetes %s: %s', (name, version, minor, answer) => {
  expect(servesKubernetes(name, version, minor)).toBe(answer);
});

test('pins are known for what upstream lists by name', () => {
  expect(catalogue.pins.runc?.['1.4.3']?.amd64).toBe('f6ae8efc0fa40079e1475e97cbe9d1bd3f106a28d6af78a11d9f1bd565515e60');
  expect(catalogue.pins.kubelet?.['1.36.4']?.arm64).toBe('fd53ea3fcbd077844f50a3c67e9b52f62972a563674956bab0c0f4fb7ea37d50');
});

test.each([
  ['a short digest', { ...data, pins: { runc: { '1.4.3': { amd64: 'abc' } } } }],
  ['a missing component', { ...data, components: {} }],
  ['an unknown key', { ...data, extra: 1 }],
  ['a version that is none', { ...data, defaultKubernetes: '1.37' }],
])('data with %s is refused', (_, broken) => {
  expect(() => readCatalogue(broken)).toThrow(InternalError);
});
