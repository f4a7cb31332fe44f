import type { Cluster, Json, JsonObject, Node, ProxyMode } from '../cluster/cluster.ts';
import { mergeConfig } from '../render/merge-config.ts';
import { certificates } from './certificates.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import { yamlFile } from './config-file.ts';
import { directory, linkDirectory, programs, sysctlByproducts } from './parts.ts';

const configPath = '/var/lib/kube-proxy/config.yaml';
const kubeconfigPath = '/etc/kubernetes/proxy.conf';

/** What kube-proxy sets by itself, in every mode and beyond that. */
const conntrackSettings = [
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  'net.netfilter.nf_conntrack_tcp_timeout_established',
];
const settings = {
  nftables: [],
  iptables: ['net.ipv4.conf.all.route_localnet'],
  ipvs: ['net.ipv4.conf.all.arp_announce', 'net.ipv4.conf.all.arp_ignore', 'net.ipv4.conf.all.route_localnet'],
  none: [],
} as const satisfies Record<ProxyMode, readonly string[]>;

/** KubeProxyConfiguration v1alpha1; the mode is always said, since its default is about to change. */
function configOf(cluster: Cluster, node: Node): JsonObject {
  const config: Record<string, Json> = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    bindAddress: node.internalAddress.includes(':') ? '::' : '0.0.0.0',
    clientConnection: { kubeconfig: kubeconfigPath },
    clusterCIDR: cluster.network.podCIDRs.join(','),
    detectLocalMode: 'ClusterCIDR',
    // Balancers outside ask whether this node still takes traffic.
    healthzBindAddress: node.internalAddress.includes(':') ? '[::]:10256' : '0.0.0.0:10256',
    hostnameOverride: node.name,
    metricsBindAddress: '127.0.0.1:10249',
    mode: cluster.network.proxyMode,
    // As nftables has it by default: node ports answer on the node's own address, not on every one.
    nodePortAddresses: ['primary'],
  };
  return mergeConfig(config, node.components['kube-proxy'].config);
}

export const describeKubeProxy: Describe = (cluster, node, placement, render) => {
  const { binaries, links } = programs('kube-proxy', placement.versions['kube-proxy'], ['kube-proxy']);
  const unit = unitFile(render, node, 'kube-proxy', { config: configPath });
  const inputs = [unit.path, configPath, `${linkDirectory}/kube-proxy`, kubeconfigPath];
  return {
    component: 'kube-proxy',
    install: [
      directory('/var/lib/kube-proxy', { mode: 0o700 }),
      ...sysctlByproducts(...conntrackSettings, ...settings[cluster.network.proxyMode]),
      ...binaries,
    ],
    run: [
      ...links,
      ...certificates(cluster, node, ['proxy.conf']),
      yamlFile(configPath, configOf(cluster, node)),
      unit,
      { kind: 'unit', unit: unitName('kube-proxy'), inputs },
    ],
    unit: unitName('kube-proxy'),
    health: [{ component: 'kube-proxy', url: 'http://127.0.0.1:10256/healthz' }],
    ports: [
      { component: 'kube-proxy', port: 10256, protocol: 'tcp', reach: 'nodes' },
      { component: 'kube-proxy', port: 10249, protocol: 'tcp', reach: 'host' },
    ],
  };
};
