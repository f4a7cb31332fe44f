import { cidrFamily } from '../cluster/cidr.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Flags } from '../render/flags.ts';
import type { Describe } from './component.ts';
import { credentialsFrom } from './credentials.ts';
import { describeLocalController } from './local-controller.ts';
import { pkiDirectory } from './parts.ts';
import { tlsFlags } from './tls.ts';

const credentials = credentialsFrom({
  'ca.key': `${pkiDirectory}/ca.key`,
  'controller-manager.conf': '/etc/kubernetes/controller-manager.conf',
  'kube-controller-manager.key': `${pkiDirectory}/kube-controller-manager.key`,
  'sa.key': `${pkiDirectory}/sa.key`,
});

/** Shares of the pod ranges: given out by kcluster for `routed`, else by the controller manager. */
function nodeRangeFlags({ podCIDRs, nodeCIDRMaskSizes, plugin }: Cluster['network']): Flags {
  if (plugin === 'routed') return { 'allocate-node-cidrs': false };
  const size = (family: 4 | 6) => nodeCIDRMaskSizes[podCIDRs.findIndex((cidr) => cidrFamily(cidr) === family)];
  const sizes =
    podCIDRs.length === 1
      ? { 'node-cidr-mask-size': nodeCIDRMaskSizes[0] }
      : { 'node-cidr-mask-size-ipv4': size(4), 'node-cidr-mask-size-ipv6': size(6) };
  return { 'allocate-node-cidrs': true, 'cluster-cidr': podCIDRs.join(','), ...sizes };
}

function flagsOf(cluster: Cluster): Flags {
  return {
    ...tlsFlags,
    ...nodeRangeFlags(cluster.network),
    'authentication-kubeconfig': credentials.flag('controller-manager.conf'),
    'authorization-kubeconfig': credentials.flag('controller-manager.conf'),
    'bind-address': '127.0.0.1',
    'client-ca-file': `${pkiDirectory}/ca.crt`,
    'cluster-name': cluster.name,
    'cluster-signing-cert-file': `${pkiDirectory}/ca.crt`,
    'cluster-signing-key-file': credentials.flag('ca.key'),
    // The default of 20 a second makes it wait for itself for seconds while a new cluster gets its first accounts.
    'kube-api-burst': 200,
    'kube-api-qps': 100,
    kubeconfig: credentials.flag('controller-manager.conf'),
    'leader-elect': true,
    profiling: false,
    'requestheader-client-ca-file': `${pkiDirectory}/front-proxy-ca.crt`,
    'root-ca-file': `${pkiDirectory}/ca.crt`,
    'service-account-private-key-file': credentials.flag('sa.key'),
    'service-cluster-ip-range': cluster.network.serviceCIDRs.join(','),
    'terminated-pod-gc-threshold': 12500,
    'tls-cert-file': `${pkiDirectory}/kube-controller-manager.crt`,
    'tls-private-key-file': credentials.flag('kube-controller-manager.key'),
    'use-service-account-credentials': true,
  };
}

export const describeKubeControllerManager: Describe = (cluster, ...rest) =>
  describeLocalController(
    {
      component: 'kube-controller-manager',
      kubeconfig: 'controller-manager.conf',
      credentials,
      flags: flagsOf(cluster),
      port: 10257,
      healthPath: '/healthz',
    },
    cluster,
    ...rest,
  );
