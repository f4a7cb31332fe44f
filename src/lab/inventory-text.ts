import { stringifyYaml } from '../render/yaml.ts';
import type { LabHost, LabRole } from './lab.ts';
import type { MachineFacts } from './machine-facts.ts';

export interface LabInventory {
  readonly name: string;
  readonly kubernetesVersion: string;
  /** Absolute directory or URL. */
  readonly mirror?: string;
  /** Absolute path of the private key. */
  readonly identityFile: string;
  readonly hosts: readonly (LabHost & { readonly hostKey: string })[];
  readonly facts: MachineFacts;
}

/** Hosts of a lab share the processors and the disk of one machine: how fast those are at the moment says nothing about a cluster. */
const ofSpeed = ['EtcdDiskLatency', 'RoundTrip'];

/** The inventory of a lab; settings that only this machine asks for are there only when it does. */
export function inventoryText(lab: LabInventory): string {
  return stringifyYaml({
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Inventory',
    cluster: {
      name: lab.name,
      kubernetesVersion: lab.kubernetesVersion,
      network: { podCIDR: '10.244.0.0/16', serviceCIDR: '10.96.0.0/16', plugin: 'routed', proxyMode: 'nftables' },
      ...(hasRole(lab.hosts, 'etcd') ? { etcd: { topology: 'external' } } : {}),
      ...(lab.mirror === undefined ? {} : { artifacts: { mirror: lab.mirror, trust: 'mirror' } }),
      components: componentSettings(lab.facts),
      preflight: { ignore: [...ofSpeed, ...(lab.facts.cgroupV1 ? ['CgroupV1'] : [])] },
      ssh: { user: 'root', identityFile: lab.identityFile },
    },
    nodes: lab.hosts.map((host) => ({
      name: host.name,
      address: host.address,
      roles: host.roles,
      ssh: { hostKey: host.hostKey },
    })),
  });
}

function hasRole(hosts: readonly LabHost[], role: LabRole): boolean {
  return hosts.some((host) => host.roles.includes(role));
}

function componentSettings(facts: MachineFacts): Record<string, { config: object }> {
  const kubelet = {
    ...(facts.cgroupV1 ? { failCgroupV1: false } : {}),
    ...(facts.hasSwap ? { failSwapOn: false } : {}),
  };
  const withoutOomScores = { plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true } } };
  return {
    ...(Object.keys(kubelet).length === 0 ? {} : { kubelet: { config: kubelet } }),
    ...(facts.mayLowerOomScore ? {} : { containerd: { config: withoutOomScores } }),
    // The table size is read-only in every network namespace but the machine's own.
    'kube-proxy': { config: { conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' } } },
  };
}
