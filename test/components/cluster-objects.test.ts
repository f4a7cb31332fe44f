import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/cluster/cluster.ts';
import { describeCoredns } from '../../src/components/coredns.ts';
import { describeRbac } from '../../src/components/rbac.ts';
import { certificateEntries } from '../../src/pki/certificate-table.ts';
import { dualStack, one, placementOf, resources, sample, three } from './sample.ts';

const objectsOf = (description: ReturnType<typeof describeRbac>) => resources(description, 'kube-object').map(({ object }) => object);

function coredns(kind: string, cluster = sample(one)): JsonObject {
  const found = objectsOf(describeCoredns(cluster, placementOf(cluster))).find((object) => object.kind === kind);
  if (found === undefined) throw new RangeError(`no ${kind}`);
  return found;
}

describe('CoreDNS', () => {
  test('answers on the tenth service address', () => {
    expect(coredns('Service')).toMatchObject({
      metadata: { name: 'kube-dns', namespace: 'kube-system' },
      spec: { clusterIP: '10.96.0.10' },
    });
    expect(coredns('Service').spec).not.toHaveProperty('ipFamilyPolicy');
  });

  test('answers on both families in dual stack', () => {
    expect(coredns('Service', sample(one, { network: dualStack }))).toMatchObject({
      spec: { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10', 'fd00:10:96::a'], ipFamilyPolicy: 'RequireDualStack' },
    });
  });

  const worker = (name: string, more = {}) => ({ name, address: '192.0.2.50', roles: ['worker'], ...more });
  test.each([
    ['one node', one, 1],
    [
      'a control plane and a worker: it tolerates the usual taint',
      [{ name: 'cp', address: '192.0.2.1', roles: ['control-plane'] }, worker('w')],
      2,
    ],
    ['a worker that it does not tolerate', [...one, worker('w', { taints: ['dedicated=x:NoSchedule'] })], 1],
    ['a worker that is merely not preferred', [...one, worker('w', { taints: ['dedicated=x:PreferNoSchedule'] })], 2],
    ['four nodes', three, 2],
  ])('%s', (_, nodes, replicas) => {
    expect(coredns('Deployment', sample(nodes))).toMatchObject({ spec: { replicas } });
  });

  test('serves the domain of the inventory', () => {
    const { Corefile } = coredns('ConfigMap', sample(one, { network: { dnsDomain: 'k8s.internal' } })).data as { Corefile: string };
    expect(Corefile).toContain('kubernetes k8s.internal in-addr.arpa ip6.arpa {');
    expect(Corefile).not.toContain('cluster.local');
  });

  test('new pods when the Corefile changes, none when it does not', () => {
    const checksum = (dnsDomain: string) => {
      const { template } = coredns('Deployment', sample(one, { network: { dnsDomain } })).spec as unknown as {
        template: { metadata: { annotations: JsonObject } };
      };
      return template.metadata.annotations['kcluster/corefile-sha256'];
    };
    expect(checksum('cluster.local')).toBe(checksum('cluster.local'));
    expect(checksum('cluster.local')).not.toBe(checksum('k8s.internal'));
  });

  test('holds no right but to read what it answers with', () => {
    const { rules } = coredns('ClusterRole') as unknown as { rules: readonly { resources: readonly string[]; verbs: readonly string[] }[] };
    expect(rules.flatMap(({ verbs }) => verbs).every((verb) => verb === 'list' || verb === 'watch')).toBe(true);
    expect(rules.flatMap((rule) => rule.resources)).not.toContain('secrets');
  });

  test('names are those of the pinned image and of one another', () => {
    expect(coredns('Deployment')).toMatchObject({
      spec: {
        selector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        template: {
          spec: {
            serviceAccountName: 'coredns',
            containers: [{ image: 'registry.k8s.io/coredns/coredns:v1.14.7', imagePullPolicy: 'IfNotPresent' }],
          },
        },
      },
    });
    expect(coredns('ClusterRoleBinding')).toMatchObject({ roleRef: { name: (coredns('ClusterRole').metadata as JsonObject).name } });
    expect(coredns('PodDisruptionBudget')).toMatchObject({ spec: { selector: { matchLabels: { 'k8s-app': 'kube-dns' } } } });
  });

  test('a drain can always go on', () => {
    expect(coredns('PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1 });
  });
});

const bindings = () => objectsOf(describeRbac()).filter(({ kind }) => kind === 'ClusterRoleBinding');

describe('role bindings', () => {
  test('each group that a certificate of ours carries is bound or built in', () => {
    const cluster = sample(one);
    const bound = new Set(bindings().flatMap(({ subjects }) => (subjects as readonly JsonObject[]).map(({ name }) => name)));
    const carried = cluster.nodes.flatMap((node) => certificateEntries(cluster, node)).flatMap(({ request }) => request.organizations);
    expect(carried.filter((group) => !bound.has(group))).toEqual([]);
  });

  test.each([
    ['kcluster:cluster-admins', 'cluster-admin'],
    ['kcluster:kubelet-api-clients', 'system:kubelet-api-admin'],
    ['system:nodes', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient'],
  ])('%s may %s', (group, role) => {
    const binding = bindings().find(({ subjects }) => (subjects as readonly JsonObject[])[0]?.name === group);
    expect(binding).toMatchObject({ kind: 'ClusterRoleBinding', roleRef: { kind: 'ClusterRole', name: role } });
  });
});

test('no default account hands its token to pods, in namespaces that are there by then', () => {
  const objects = objectsOf(describeRbac());
  const names = (kind: string) => objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata as JsonObject);
  const namespaces = names('Namespace').map(({ name }) => name);
  expect(namespaces).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  expect(names('ServiceAccount')).toEqual(namespaces.map((namespace) => ({ name: 'default', namespace })));
  expect(objects.filter(({ kind }) => kind === 'ServiceAccount').every((account) => account.automountServiceAccountToken === false)).toBe(
    true,
  );
  expect(objects.findIndex(({ kind }) => kind === 'ServiceAccount')).toBeGreaterThan(
    objects.findLastIndex(({ kind }) => kind === 'Namespace'),
  );
});
