import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/cluster/cluster.ts';
import type { Action } from '../../src/engine/action.ts';
import type { Manifest, OwnedThing } from '../../src/engine/kinds/ownership.ts';
import { planSteps } from '../../src/engine/make-plan.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import type { Desired } from '../../src/engine/phase.ts';
import type { Step } from '../../src/engine/plan.ts';
import { describeAction } from '../../src/ui/describe-action.ts';
import { resetWorkflow } from '../../src/workflows/reset.ts';
import { contextWith } from '../engine/support/context.ts';
import { drawSteps, toyDesired } from '../engine/support/toys.ts';

const manifest = (...things: readonly OwnedThing[]): Manifest => ({
  apiVersion: 'kcluster/v1alpha1',
  kind: 'Ownership',
  cluster: 'toy',
  things,
});
const units = (...names: readonly string[]): OwnedThing[] => names.map((name) => ({ kind: 'unit', name: `${name}.service` }));
const nodes: Readonly<Record<string, readonly Role[]>> = { cp: ['control-plane', 'etcd'], w: ['worker'] };

function plan(manifests: Readonly<Record<string, Manifest | undefined>>, keepEtcdAs?: string): readonly Step[] {
  const toy = toyDesired(Object.keys(nodes));
  const cluster = { ...toy.cluster, nodes: toy.cluster.nodes.map((node) => ({ ...node, roles: nodes[node.name] ?? [] })) };
  const desired: Desired = { ...toy, cluster };
  const observations = new Map(Object.keys(nodes).map((name) => [name, emptyObservations()]));
  const scope = { manifests: new Map(Object.entries(manifests)), ...(keepEtcdAs === undefined ? {} : { keepEtcdAs }) };
  return planSteps({ workflow: resetWorkflow(scope), desired, observations, context: () => contextWith() });
}
const actionsOf = (steps: readonly Step[], id: string): readonly Action[] => steps.find((step) => step.id === id)?.actions ?? [];
const said = (steps: readonly Step[], id: string): string[] => actionsOf(steps, id).map(describeAction);

test('pods end before programs, etcd after all API servers, records last and those of lock holders after all others', () => {
  const all = manifest(
    ...units('kubelet', 'containerd', 'kube-proxy', 'kube-apiserver', 'etcd'),
    { kind: 'user', name: 'etcd' },
    { kind: 'file', name: '/etc/a' },
  );
  expect(drawSteps(plan({ cp: all, w: all }))).toEqual([
    'reset/pods@cp <-',
    'reset/pods@w <-',
    'reset/units@cp <- reset/pods@cp',
    'reset/units@w <- reset/pods@w',
    'reset/etcd@cp <- reset/units@cp reset/units@w',
    'reset/etcd@w <- reset/units@cp reset/units@w',
    'reset/network@cp <- reset/units@cp',
    'reset/network@w <- reset/units@w',
    'reset/files@cp <- reset/etcd@cp reset/network@cp',
    'reset/files@w <- reset/etcd@w reset/network@w',
    'reset/accounts@cp <- reset/files@cp',
    'reset/accounts@w <- reset/files@w',
    'reset/state@w <- reset/etcd@cp reset/etcd@w reset/accounts@cp reset/accounts@w',
    'reset/last@cp <- reset/etcd@cp reset/etcd@w reset/accounts@cp reset/accounts@w reset/state@w',
  ]);
});

test('hosts that are not in the scope get no step', () => {
  expect(new Set(plan({ w: manifest(...units('kubelet')) }).map(({ node }) => node))).toEqual(new Set(['w']));
});

test('no host, no step; records without a list are removed', () => {
  expect(plan({})).toEqual([]);
  expect(drawSteps(plan({ cp: undefined }))).toEqual(['reset/last@cp <-']);
});

describe('order on a host', () => {
  test('the kubelet stops before its pods, the runtime after them', () => {
    expect(said(plan({ w: manifest(...units('containerd', 'kubelet')) }), 'reset/pods@w')).toEqual([
      'stop and disable kubelet.service',
      'stop all containers and remove all pods',
      'stop and disable containerd.service',
      'end what is left of containers: processes, shims, network namespaces',
    ]);
  });

  test('the API server stops after its clients, what is unknown before all', () => {
    const listed = units(
      'etcd',
      'kcluster-balancer',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-proxy',
      'kube-scheduler',
      'kubelet',
    );
    expect(said(plan({ cp: manifest(...listed) }), 'reset/units@cp')).toEqual(
      ['kcluster-balancer', 'kube-proxy', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver'].map(
        (name) => `stop and disable ${name}.service`,
      ),
    );
  });

  test('links, files, binaries, then directories from the deepest up; systemd reads its units again', () => {
    const listed = manifest(
      { kind: 'directory', name: '/etc/etcd' },
      { kind: 'directory', name: '/etc/etcd/pki' },
      { kind: 'directory', name: '/var/lib/etcd', data: true },
      { kind: 'directory', name: '/var/lib/kubelet', data: true, was: '755 root:root' },
      { kind: 'binary', name: '/opt/kcluster/etcd/3/etcd' },
      { kind: 'file', name: '/etc/etcd/pki/ca.crt' },
      { kind: 'link', name: '/opt/kcluster/bin/etcd' },
    );
    expect(said(plan({ w: listed }), 'reset/files@w')).toEqual([
      'remove /opt/kcluster/bin/etcd',
      'remove /etc/etcd/pki/ca.crt',
      'remove /opt/kcluster/etcd/3/etcd',
      'empty /var/lib/kubelet, which was there before (755 root:root)',
      'remove /var/lib/etcd with everything in it',
      'remove directory /etc/etcd/pki if it is empty',
      'remove directory /etc/etcd if it is empty',
      'make systemd read its unit files',
    ]);
  });

  test('a list of an older release says nothing about data: such a directory goes only when it is empty', () => {
    expect(said(plan({ w: manifest({ kind: 'directory', name: '/var/lib/etcd' }) }), 'reset/files@w')[0]).toBe(
      'remove directory /var/lib/etcd if it is empty',
    );
  });
});

test('settings go back to what they were, where that is known; packages and modules stay', () => {
  const listed = manifest(
    { kind: 'sysctl', name: 'a.b', was: '0' },
    { kind: 'sysctl', name: 'c.d', was: '' },
    { kind: 'sysctl', name: 'e.f' },
    { kind: 'package', name: 'nftables' },
    { kind: 'module', name: 'overlay' },
    { kind: 'image', name: 'pause' },
    { kind: 'user', name: 'etcd' },
  );
  const steps = plan({ w: listed });
  expect(said(steps, 'reset/accounts@w')).toEqual(['set a.b back to 0', 'remove system user and group etcd']);
  expect(steps.map(({ id }) => id)).toEqual(['reset/accounts@w', 'reset/state@w']);
});

test('etcd’s data is set aside when that is wanted, once etcd has stopped', () => {
  expect(actionsOf(plan({ cp: manifest(...units('etcd')) }, '20260101T000000'), 'reset/etcd@cp')).toEqual([
    { kind: 'unit-end', unit: 'etcd.service' },
    {
      kind: 'set-aside',
      path: '/var/lib/etcd',
      to: '/var/lib/etcd.kept-20260101T000000',
      within: '/var/lib/etcd/kcluster-kept-20260101T000000',
    },
  ]);
});
