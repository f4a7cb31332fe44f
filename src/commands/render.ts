import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Args, Command, Flags } from '@oclif/core';
import { renderCluster } from '../app/render-cluster.ts';
import { ConfigurationError, KclusterError } from '../errors.ts';
import { loadInventory } from '../inventory/load-inventory.ts';
import { inventoryFlag } from './_shared/inventory-flag.ts';

export default class Render extends Command {
  static override description = `Write every file that would land on the hosts into a directory; no host is touched.

Secrets and certificates are named, not made: their files say what would be in them.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --output rendered',
    '<%= config.bin %> <%= command.id %> cp-1 --output rendered',
  ];
  static override args = { node: Args.string({ description: 'only this node' }) };
  static override flags = {
    inventory: inventoryFlag,
    output: Flags.string({ description: 'directory to write to; must be new or empty', required: true, helpValue: 'DIR' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Render);
    const cluster = await loadInventory(flags.inventory);
    if (args.node !== undefined && !cluster.nodes.some((node) => node.name === args.node)) {
      throw new ConfigurationError(`no node ${args.node} in ${flags.inventory}`, {
        remedy: `Its nodes are ${cluster.nodes.map((node) => node.name).join(', ')}.`,
      });
    }
    const files = [...renderCluster(cluster)].filter(([name]) => args.node === undefined || name.startsWith(`${args.node}/`));
    await this.#write(flags.output, files);
    this.log(`wrote ${files.length} files to ${flags.output}`);
  }

  async #write(directory: string, files: readonly (readonly [string, string])[]): Promise<void> {
    try {
      await this.#refuseFull(directory);
      for (const [name, text] of files) {
        const file = path.join(directory, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text, { flag: 'wx' });
      }
    } catch (cause) {
      if (cause instanceof KclusterError) throw cause;
      throw new ConfigurationError(`${directory} cannot be written`, { remedy: 'Choose another directory with --output DIR.', cause });
    }
  }

  async #refuseFull(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    if ((await readdir(directory)).length === 0) return;
    throw new ConfigurationError(`${directory} is not empty`, { remedy: 'Choose a new directory with --output DIR.' });
  }
}
