import { stringifyYaml } from '../src/render/yaml.ts';

export interface ScaleInventory {
  /** Three of them are control planes with etcd, the others workers. */
  readonly nodes: number;
  /** Directory in upstream's layout. */
  readonly mirror: string;
}

/** `node-0007`: sorted by name as by number. */
export const scaleNodeName = (number: number): string => `node-${String(number).padStart(4, '0')}`;

/** An inventory of a size that nobody writes by hand. */
export function scaleInventory({ nodes, mirror }: ScaleInventory): string {
  return stringifyYaml({
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Inventory',
    cluster: {
      name: 'scale',
      network: { podCIDR: '10.128.0.0/12', serviceCIDR: '10.96.0.0/16' },
      artifacts: { mirror, trust: 'mirror' },
      ssh: { user: 'root' },
    },
    nodes: Array.from({ length: nodes }, (_, index) => ({
      name: scaleNodeName(index + 1),
      address: `172.20.${index >> 8}.${index & 255}`,
      roles: index < 3 ? ['control-plane'] : ['worker'],
      labels: { 'topology.kubernetes.io/zone': `zone-${index % 3}` },
    })),
  });
}
