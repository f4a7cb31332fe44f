import { describe, expect, test } from 'vitest';
import type { FileSeen } from '../../src/engine/observation.ts';
import type { Step, StepId } from '../../src/engine/plan.ts';
import { readInventory } from '../app/support/mirrored-inventory.ts';
import { ancestorsOf, bareMachines, planInit } from './plan-init.ts';

const cluster = await readInventory('three-control-planes.yaml');
const dataDirectory: FileSeen = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', sizeBytes: 4096 };
const bare = planInit(cluster);
/** A member of etcd has its data; everything else was lost. */
const after = planInit(cluster, bareMachines(cluster, { 'cp-1': { files: new Map([['/var/lib/etcd/member', dataDirectory]]) } }));

const gateOf = (steps: readonly Step[], id: StepId): readonly string[] =>
  steps.find((step) => step.id === id)?.gate.map(({ title }) => title) ?? [];

describe('of a new cluster', () => {
  const ancestors = ancestorsOf(bare);

  test('the API server is awaited until it listens, kubectl until it is ready', () => {
    expect(gateOf(bare, 'kube-apiserver/run@cp-2')).toEqual(['kube-apiserver listens']);
    expect(gateOf(bare, 'kubectl/run@cp-2')).toEqual(['kube-apiserver answers /readyz']);
  });

  test.each(['cp-1', 'cp-2', 'cp-3'])('only the kubelet of %s starts before its API server is ready', (node) => {
    const waits = (component: string): boolean => ancestors.get(`${component}/run@${node}`)?.has(`kubectl/run@${node}`) === true;
    const waiting = ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].filter(waits);
    expect(waiting).toEqual(['kube-controller-manager', 'kube-scheduler', 'kube-proxy']);
    expect(ancestors.get('cluster/objects@cp-1')).toContain(`kubectl/run@${node}`);
  });

  test('nothing but its own program and its account stands before etcd', () => {
    const files = [...(ancestors.get('etcd/run@cp-1') ?? [])]
      .flatMap((id) => bare.find((step) => step.id === id)?.actions ?? [])
      .flatMap((action) => (action.kind === 'binary' ? [action.name] : []));
    expect(files).toEqual(['etcd']);
  });

  test('every program that the catalogue has for etcd is sent', () => {
    const names = bare
      .filter(({ node }) => node === 'cp-1')
      .flatMap(({ actions }) =>
        actions.flatMap((action) => (action.kind === 'binary' && action.component === 'etcd' ? [action.name] : [])),
      );
    expect(names.toSorted()).toEqual(['etcd', 'etcdctl', 'etcdutl']);
  });

  test('images wait for the kubelet, and it waits for none', () => {
    expect(ancestors.get('images/import@cp-1')).toContain('kubelet/run@cp-1');
  });
});

test('of a cluster that was there before, the API server is awaited until it is ready', () => {
  expect(gateOf(after, 'kube-apiserver/run@cp-2')).toEqual(['kube-apiserver answers /readyz']);
  expect(gateOf(after, 'kubectl/run@cp-2')).toEqual([]);
});
