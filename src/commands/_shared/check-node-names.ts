import type { Cluster } from '../../cluster/cluster.ts';
import { ConfigurationError } from '../../errors.ts';

/** @throws ConfigurationError when a name is not in the inventory, or is declared down there */
export function checkNodeNames(cluster: Cluster, names: readonly string[]): void {
  for (const name of names) {
    const node = cluster.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new ConfigurationError(`no node ${name} in the inventory`, {
        remedy: `it has: ${cluster.nodes.map((candidate) => candidate.name).join(', ')}`,
      });
    }
    if (node.state === 'down') {
      throw new ConfigurationError(`node ${name} is declared down in the inventory`, { remedy: 'take state: down away when it is back' });
    }
  }
}
