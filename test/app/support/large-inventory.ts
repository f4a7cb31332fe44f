import type { Cluster } from '../../../src/cluster/cluster.ts';
import { sample } from '../../components/sample.ts';

/** One control plane, the others workers. */
export function largeInventory(count: number, network: object = {}): Cluster {
  const nodes = Array.from({ length: count }, (_, index) => ({
    name: `n${String(index).padStart(4, '0')}`,
    address: `10.1.${index >> 8}.${index & 255}`,
    roles: [index === 0 ? 'control-plane' : 'worker'],
  }));
  return sample(nodes, { network: { podCIDR: '172.16.0.0/12', ...network } });
}
