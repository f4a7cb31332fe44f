import { readFile, writeFile } from 'node:fs/promises';
import { Command, Flags } from '@oclif/core';
import { ConfigurationError } from '../../errors.ts';

const examples = [
  'single',
  'one-control-plane-two-workers',
  'three-control-planes',
  'external-etcd',
  'given-etcd',
  'scheduled-backups',
] as const;

export default class InventoryNew extends Command {
  static override description = `Print a commented example inventory, or write it to a file.

An existing file is never overwritten.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --example single --output inventory.yaml',
  ];
  static override flags = {
    example: Flags.string({ char: 'e', description: 'which example', options: examples, default: 'three-control-planes' }),
    output: Flags.string({ description: 'file to write instead of printing', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryNew);
    const text = await readFile(new URL(`../../../inventories/${flags.example}.yaml`, import.meta.url), 'utf8');
    if (flags.output === undefined) {
      this.log(text.trimEnd());
      return;
    }
    await this.#write(flags.output, text);
    this.log(`wrote ${flags.output}; put your machines into it, then run \`kcluster inventory validate -i ${flags.output}\``);
  }

  async #write(path: string, text: string): Promise<void> {
    try {
      await writeFile(path, text, { flag: 'wx' });
    } catch (cause) {
      const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
      const fact = isThere
        ? 'the file exists and is not overwritten'
        : `the file cannot be written (${cause instanceof Error ? cause.message : String(cause)})`;
      throw new ConfigurationError(`${path}: ${fact}`, { remedy: 'Choose another file with --output FILE.', cause });
    }
  }
}
