import { Command, Flags } from '@oclif/core';
import { exitCodes } from '../../errors.ts';
import { checkInventory } from '../../inventory/check-inventory.ts';
import { pathResolver, readInventory } from '../../inventory/load-inventory.ts';
import { parseInventory } from '../../inventory/parse-inventory.ts';
import { formatProblem } from '../../inventory/problem.ts';
import { inventoryFlag } from '../_shared/inventory-flag.ts';

export default class InventoryValidate extends Command {
  static override description = `Check the inventory without touching a host.

All errors and warnings are printed at once, each with its line and column. The exit code is 2 when there is an error; warnings alone leave it 0.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -i staging.yaml',
    { description: 'For another program:', command: '<%= config.bin %> <%= command.id %> -o json' },
  ];
  static override flags = {
    inventory: inventoryFlag,
    output: Flags.string({ char: 'o', description: 'form of the answer', options: ['text', 'json'] as const, default: 'text' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryValidate);
    const file = flags.inventory;
    const text = await readInventory(file);
    const options = { resolvePath: pathResolver(file) };
    const { cluster, problems } = checkInventory(text, options);
    if (flags.output === 'json') {
      this.log(JSON.stringify({ file, valid: cluster !== undefined, problems }, null, 2));
      if (cluster === undefined) this.exit(exitCodes.configuration);
      return;
    }
    const warnings = problems.filter(({ severity }) => severity === 'warning');
    for (const warning of warnings) this.log(formatProblem(warning, file, text));
    const { name, nodes } = parseInventory(text, file, options);
    const count = warnings.length === 0 ? '' : `, ${warnings.length} warning${warnings.length === 1 ? '' : 's'}`;
    this.log(`${file} is valid: cluster ${name}, ${nodes.length} node${nodes.length === 1 ? '' : 's'}${count}`);
  }
}
