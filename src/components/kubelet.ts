import type { Cluster, Json, JsonObject, Node } from '../cluster/cluster.ts';
import { mergeConfig } from '../render/merge-config.ts';
import { certificates } from './certificates.ts';
import { clusterDNSAddresses } from './cluster-dns.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import { yamlFile } from './config-file.ts';
import { containerdSocket } from './containerd.ts';
import { byproduct, dataByproduct, dataDirectory, directory, linkDirectory, pkiDirectory, programs, sysctlByproducts } from './parts.ts';
import { strongSuites } from './tls.ts';

/** What the kubelet sets where it finds something else. */
const settings = [
  'kernel.keys.root_maxbytes',
  'kernel.keys.root_maxkeys',
  'kernel.panic',
  'kernel.panic_on_oops',
  'vm.overcommit_memory',
  'vm.panic_on_oom',
];
const configPath = '/var/lib/kubelet/config.yaml';
const kubeconfigPath = '/etc/kubernetes/kubelet.conf';

/** KubeletConfiguration v1beta1. */
function configOf(cluster: Cluster, node: Node): JsonObject {
  const config: Record<string, Json> = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${pkiDirectory}/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'systemd',
    clusterDNS: clusterDNSAddresses(cluster),
    clusterDomain: cluster.network.dnsDomain,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    // 0 would mean no limit since 1.37.
    eventRecordQPS: 50,
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    makeIPTablesUtilChains: true,
    podPidsLimit: 4096,
    readOnlyPort: 0,
    registerWithTaints: node.taints.map(({ key, value, effect }) => (value === '' ? { key, effect } : { key, value, effect })),
    rotateCertificates: true,
    seccompDefault: true,
    // Pods get time to end when the machine is shut down.
    shutdownGracePeriod: '30s',
    shutdownGracePeriodCriticalPods: '10s',
    tlsCertFile: '/var/lib/kubelet/pki/kubelet.crt',
    tlsCipherSuites: [...strongSuites],
    tlsMinVersion: 'VersionTLS12',
    tlsPrivateKeyFile: '/var/lib/kubelet/pki/kubelet.key',
    // The default lies under /usr, which may be read-only.
    volumePluginDir: '/var/lib/kubelet/volumeplugins',
  };
  return mergeConfig(config, node.components.kubelet.config);
}

function flagsOf(node: Node) {
  return {
    config: configPath,
    'hostname-override': node.name,
    kubeconfig: kubeconfigPath,
    'node-ip': node.internalAddress,
  };
}

export const describeKubelet: Describe = (cluster, node, placement, render) => {
  const { binaries, links } = programs('kubelet', placement.versions.kubelet, ['kubelet']);
  const config = yamlFile(configPath, configOf(cluster, node));
  const unit = unitFile(render, node, 'kubelet', flagsOf(node));
  const serving = certificates(cluster, node, ['kubelet', 'kubelet.conf']);
  const inputs = [
    unit.path,
    configPath,
    `${linkDirectory}/kubelet`,
    `${pkiDirectory}/ca.crt`,
    ...serving.flatMap(({ entry }) => entry.files.map((file) => file.path)),
  ];
  return {
    component: 'kubelet',
    install: [
      dataDirectory('/var/lib/kubelet', { mode: 0o700 }),
      directory('/var/lib/kubelet/pki', { mode: 0o700 }),
      dataByproduct('/var/log/pods'),
      dataByproduct('/var/log/containers'),
      // Written for the time that pods get when the machine is shut down.
      byproduct('directory', '/etc/systemd/logind.conf.d'),
      byproduct('file', '/etc/systemd/logind.conf.d/99-kubelet.conf'),
      ...sysctlByproducts(...settings),
      ...binaries,
    ],
    run: [...links, ...serving, config, unit, { kind: 'unit', unit: unitName('kubelet'), inputs }],
    unit: unitName('kubelet'),
    health: [{ component: 'kubelet', url: 'http://127.0.0.1:10248/healthz' }],
    ports: [
      { component: 'kubelet', port: 10250, protocol: 'tcp', reach: 'nodes' },
      { component: 'kubelet', port: 10248, protocol: 'tcp', reach: 'host' },
    ],
  };
};
