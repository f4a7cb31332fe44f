import { expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { emptyObservations, type UnitSeen } from '../../src/engine/observation.ts';
import { pathsOf } from '../../src/preflight/path-table.ts';
import { portsToOpen } from '../../src/preflight/ports-to-open.ts';
import { sample, three } from '../components/sample.ts';
import { desiredOf } from './evidence.ts';

const cluster = sample(three, { endpoint: '192.0.2.5:6443' });
const desired = desiredOf(cluster);
const paths = pathsOf(desired, new Set(['a', 'b', 'c', 'w']));
const unit = (active: string): UnitSeen => ({
  load: 'loaded',
  active,
  sub: '',
  enabled: 'enabled',
  needsReload: false,
  restarts: 0,
  result: '',
});
const open = (name: string, units: Readonly<Record<string, string>> = {}) => {
  const seen = new Map(Object.entries(units).map(([unitName, active]) => [`${unitName}.service`, unit(active)]));
  return portsToOpen(desired, nodeNamed(cluster, name), { ...emptyObservations(), units: seen }, paths);
};

test.each([
  ['a bare control plane: all that others need', 'a', {}, [2379, 2380, 6443, 10250], []],
  ['a bare worker: its kubelet', 'w', {}, [10250], []],
  ['what runs is left alone', 'a', { etcd: 'active', 'kube-apiserver': 'active' }, [10250], []],
  ['everything runs', 'w', { kubelet: 'active', 'kube-proxy': 'active' }, [], []],
  [
    'what stopped or failed does not come back by itself',
    'a',
    { etcd: 'failed', 'kube-apiserver': 'inactive', kubelet: 'active' },
    [2379, 2380, 6443],
    [],
  ],
  ['what starts would find its port taken', 'w', { kubelet: 'activating' }, [], ['10250 kubelet.service is activating']],
  [
    'what stops has its port still',
    'a',
    { etcd: 'deactivating', kubelet: 'reloading' },
    [6443],
    ['2379 etcd.service is deactivating', '2380 etcd.service is deactivating', '10250 kubelet.service is reloading'],
  ],
] as const)('%s', (_, name, units, listen, untested) => {
  const ports = open(name, units);
  expect(ports.listen).toEqual(listen);
  expect(ports.untested.map(({ port, reason }) => `${port} ${reason}`)).toEqual(untested);
});

test('a node that nobody needs to reach opens nothing', () => {
  expect(portsToOpen(desired, nodeNamed(cluster, 'w'), emptyObservations(), [])).toEqual({ listen: [], untested: [] });
});
