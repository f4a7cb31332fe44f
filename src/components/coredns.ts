import { createHash } from 'node:crypto';
import { type Cluster, type JsonObject, kubeletNodes, type Node } from '../cluster/cluster.ts';
import type { Description, Placement } from '../engine/description.ts';
import { clusterDNSAddresses } from './cluster-dns.ts';
import { corednsRoleBinding, corednsRoleOf } from './coredns-access.ts';
import { corednsImage } from './images.ts';

const namespace = 'kube-system';
const selector = { 'k8s-app': 'kube-dns' } as const;
const labels = { ...selector, 'app.kubernetes.io/managed-by': 'kcluster' } as const;

/** Answers for the cluster's names, and everything else from the node's resolver. */
function corefile(domain: string): string {
  return `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30 {
        disable success ${domain}
        disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}

function configMap(cluster: Cluster): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace, labels },
    data: { Corefile: corefile(cluster.network.dnsDomain) },
  };
}

const controlPlaneTaint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;

/** True when nothing but the usual taint of control planes keeps pods away, which these pods tolerate. */
function takesDNS({ taints }: Node): boolean {
  return taints.every(
    ({ key, effect }) => effect === 'PreferNoSchedule' || (key === controlPlaneTaint.key && effect === controlPlaneTaint.effect),
  );
}

function container(image: string): JsonObject {
  return {
    name: 'coredns',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['-conf', '/etc/coredns/Corefile'],
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
    ],
    resources: { requests: { cpu: '100m', memory: '70Mi' }, limits: { memory: '170Mi' } },
    livenessProbe: {
      httpGet: { path: '/health', port: 8080, scheme: 'HTTP' },
      initialDelaySeconds: 60,
      timeoutSeconds: 5,
      failureThreshold: 5,
    },
    readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' }, periodSeconds: 5 },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
  };
}

function podTemplate(cluster: Cluster, placement: Placement): JsonObject {
  // A changed Corefile means new pods, one after the other, not a reload everywhere at once.
  const checksum = createHash('sha256').update(corefile(cluster.network.dnsDomain)).digest('hex');
  return {
    metadata: { labels: selector, annotations: { 'kcluster/corefile-sha256': checksum } },
    spec: {
      serviceAccountName: 'coredns',
      priorityClassName: 'system-cluster-critical',
      dnsPolicy: 'Default',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, controlPlaneTaint],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selector },
        },
      ],
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container(corednsImage(placement))],
      volumes: [{ name: 'config', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } }],
    },
  };
}

function deployment(cluster: Cluster, placement: Placement): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace, labels },
    spec: {
      replicas: kubeletNodes(cluster).filter(takesDNS).length > 1 ? 2 : 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: selector },
      template: podTemplate(cluster, placement),
    },
  };
}

function service(cluster: Cluster): JsonObject {
  const addresses = clusterDNSAddresses(cluster);
  const families: JsonObject = addresses.length > 1 ? { clusterIPs: addresses, ipFamilyPolicy: 'RequireDualStack' } : {};
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace, labels: { ...labels, 'kubernetes.io/name': 'CoreDNS' } },
    spec: {
      clusterIP: addresses[0] ?? 'None',
      ...families,
      selector,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 'dns-tcp' },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 'metrics' },
      ],
    },
  };
}

function disruptionBudget(): JsonObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'coredns', namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
  };
}

/** Name service of the cluster, as objects of its API. */
export function describeCoredns(cluster: Cluster, placement: Placement): Description {
  const serviceAccount: JsonObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace, labels } };
  const objects = [
    serviceAccount,
    corednsRoleOf(labels),
    corednsRoleBinding(labels),
    configMap(cluster),
    deployment(cluster, placement),
    service(cluster),
    disruptionBudget(),
  ];
  return { component: 'coredns', install: [], run: objects.map((object) => ({ kind: 'kube-object', object })), health: [], ports: [] };
}
