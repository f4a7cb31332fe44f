import { Command } from '@oclif/core';
import { inventoryJsonSchema } from '../../inventory/inventory-json-schema.ts';

export default class InventorySchema extends Command {
  static override description = `Print the JSON Schema of the inventory.

Editors that know YAML use it for completion and help: put "# yaml-language-server: $schema=inventory.schema.json" into the first line of the inventory.`;
  static override examples = ['<%= config.bin %> <%= command.id %> > inventory.schema.json'];

  async run(): Promise<void> {
    await this.parse(InventorySchema);
    this.log(JSON.stringify(inventoryJsonSchema(), null, 2));
  }
}
