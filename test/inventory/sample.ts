import type { Cluster } from '../../src/cluster/cluster.ts';
import { checkInventory } from '../../src/inventory/check-inventory.ts';

export interface SampleInventory {
  readonly cluster?: object;
  /** Laid over defaults that make a valid node. */
  readonly nodes?: readonly object[];
}

/** A valid inventory as YAML (JSON is YAML), with changes. */
export function inventoryText({ cluster = {}, nodes = [{}] }: SampleInventory = {}): string {
  return JSON.stringify(
    {
      apiVersion: 'kcluster/v1alpha1',
      kind: 'Inventory',
      cluster: { name: 'sample', ...cluster },
      nodes: nodes.map((node, index) => ({
        name: `node-${index}`,
        address: `192.0.2.${index + 1}`,
        roles: index === 0 ? ['control-plane', 'worker'] : ['worker'],
        ...node,
      })),
    },
    null,
    2,
  );
}

/** `error nodes[0].name: …` a problem, in the order of the text. */
export function problemsIn(text: string): string[] {
  return checkInventory(text).problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
}

export function problemsOf(inventory: SampleInventory): string[] {
  return problemsIn(inventoryText(inventory));
}

export function clusterOf(inventory: SampleInventory): Cluster {
  const { cluster, problems } = checkInventory(inventoryText(inventory));
  if (cluster === undefined) throw new Error(JSON.stringify(problems));
  return cluster;
}
