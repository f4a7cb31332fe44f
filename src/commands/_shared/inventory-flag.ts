import { Flags } from '@oclif/core';

/** Where the cluster is described; the same flag on every command that reads an inventory. */
export const inventoryFlag = Flags.string({
  char: 'i',
  description: 'inventory file',
  default: 'inventory.yaml',
  env: 'KCLUSTER_INVENTORY',
  helpValue: 'FILE',
});
