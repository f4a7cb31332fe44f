import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readObservations } from '../../src/engine/read-observations.ts';
import { checks as preflightChecks } from '../../src/preflight/checks.ts';
import { checks } from '../../src/upgrade/judge-upgrade.ts';
import { inventoryNames, readInventory } from '../app/support/mirrored-inventory.ts';
import { sample } from '../components/sample.ts';
import { findingsOf } from './situation.ts';

test.each(inventoryNames)('nothing speaks against an upgrade of %s in which all is well', async (name) => {
  const cluster = await readInventory(name);
  expect(findingsOf(cluster, {})).toEqual([]);
});

test('names are of one check each, and none of preflight', () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const taken = new Set(preflightChecks.map(({ id }) => id));
  expect(ids.filter((id) => taken.has(id) || !/^[A-Z][A-Za-z]+$/.test(id))).toEqual([]);
});

describe('a recorded cluster', () => {
  const recorded = readFileSync(new URL('../engine/kube-upgrade.txt', import.meta.url), 'utf8');
  const { kubeUpgrade, deprecatedApis } = readObservations([], recorded);
  const cluster = sample([
    { name: 'cp', address: '192.0.2.1', roles: ['control-plane'] },
    { name: 'w-1', address: '192.0.2.2', roles: ['worker'] },
  ]);
  const situation = { seen: { cp: { kubeUpgrade, deprecatedApis } } };

  test('shows one of each obstacle', () => {
    expect(findingsOf(cluster, situation).map(({ severity, id, message }) => `${severity} ${id}: ${message}`)).toMatchInlineSnapshot(`
      [
        "error DeprecatedApi: networking.k8s.io/v1beta1 ipaddresses was asked for on cp since its API server started, and is gone in 1.37; by system:serviceaccount:shop:robot with kubectl/v1.36.5",
        "error DeprecatedApi: networking.k8s.io/v1beta1 servicecidrs was asked for on cp since its API server started, and is gone in 1.37; by kubernetes-admin with kubectl/v1.36.5",
        "warning DeprecatedApi: resource.k8s.io/v1beta1 deviceclasses was asked for on cp since its API server started, and is gone in 1.38; by kubernetes-admin with kubectl/v1.36.5",
        "warning StoredVersion: objects of widgets.example.com may lie in etcd as v1beta1, which is not served any more",
        "error AdmissionWebhook: webhook pods.guard.example.com of ValidatingWebhookConfiguration guards is asked about pods of what it selects, and its service shop/guard has no endpoint that is ready: these cannot be changed",
        "error DrainBudget: PodDisruptionBudgets that allow no disruption now: shop/tight (shop/single-5c65647b95-xmzh4)",
        "error DrainBarePods: pods without a controller, which nobody makes again: shop/bare",
        "warning DrainSingleReplica: workloads of one replica are away while their node is drained, until it runs elsewhere: Deployment/shop/single, StatefulSet/shop/db",
        "warning DrainEmptyDir: data in emptyDir volumes is lost with the pods that are evicted; such pods in shop (1)",
      ]
    `);
  });

  test('whose names may be waived', () => {
    const waived = findingsOf(cluster, situation, ['DeprecatedApi', 'DrainBudget', 'DrainBarePods', 'AdmissionWebhook']);
    expect(waived.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
