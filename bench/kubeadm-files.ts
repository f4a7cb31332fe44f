import type { MachineFacts } from '../src/lab/machine-facts.ts';
import { stringifyYaml } from '../src/render/yaml.ts';

export interface KubeadmHost {
  readonly kubernetes: string;
  readonly name: string;
  readonly address: string;
  readonly facts: MachineFacts;
}

export const nodeRegistration = ({ name, address }: Pick<KubeadmHost, 'name' | 'address'>) => ({
  name,
  criSocket: 'unix:///run/containerd/containerd.sock',
  imagePullPolicy: 'IfNotPresent',
  kubeletExtraArgs: [{ name: 'node-ip', value: address }],
});

/** The ranges and the key algorithm of the lab's inventory. */
export const clusterConfiguration = (kubernetes: string) => ({
  apiVersion: 'kubeadm.k8s.io/v1beta4',
  kind: 'ClusterConfiguration',
  kubernetesVersion: `v${kubernetes}`,
  encryptionAlgorithm: 'ECDSA-P256',
  networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16', dnsDomain: 'cluster.local' },
});

/** The kubelet settings of the lab's inventory. */
export const kubeletConfiguration = (facts: MachineFacts) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  cgroupDriver: 'systemd',
  ...(facts.cgroupV1 ? { failCgroupV1: false } : {}),
  ...(facts.hasSwap ? { failSwapOn: false } : {}),
});

export function yamlDocuments(documents: readonly object[]): string {
  return documents.map((document) => stringifyYaml(document)).join('---\n');
}

/** What `kubeadm init` of a single node is told: no taint on the only node. */
export function kubeadmConfig({ kubernetes, name, address, facts }: KubeadmHost): string {
  return yamlDocuments([
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: address, bindPort: 6443 },
      nodeRegistration: { ...nodeRegistration({ name, address }), taints: [] },
    },
    clusterConfiguration(kubernetes),
    kubeletConfiguration(facts),
  ]);
}

export const kubeletUnit = `[Unit]
Description=Kubernetes node agent
After=network-online.target containerd.service
Wants=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
RestartSec=10
StartLimitInterval=0

[Install]
WantedBy=multi-user.target
`;

/** Files and variables as kubeadm writes them (kubernetes.io, "The kubelet drop-in file for systemd"). */
export const kubeletDropIn = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
`;

/** The finding is about cgroup version 1, which the kubelet is told to accept. */
export const waivedFinding = '--ignore-preflight-errors=SystemVerification';

/** kube-proxy and its wait are not timed. */
export const kubeadmCommand = `kubeadm init --config /etc/kubeadm.yaml --skip-phases=addon/kube-proxy ${waivedFinding}`;
