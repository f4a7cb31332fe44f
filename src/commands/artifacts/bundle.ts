import { createHash } from 'node:crypto';
import { Command, Flags } from '@oclif/core';
import { makeBundle } from '../../app/make-bundle.ts';
import { pathResolver, readInventory } from '../../inventory/load-inventory.ts';
import { parseInventory } from '../../inventory/parse-inventory.ts';
import { describeBundle } from '../../ui/describe-bundle.ts';
import { artifactFlags, artifactsFor } from '../_shared/artifact-flags.ts';
import { withReporter } from '../_shared/with-reporter.ts';

export default class ArtifactsBundle extends Command {
  static override description = `Write one file with everything the cluster, or one saved plan, needs.

For a machine without internet and without a mirror: artifacts import takes it there. What the cache lacks is fetched first. The file is a plain tar; its first entry, index.json, says what is in it. It appears when it is whole.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --plan plan.json -o /media/usb/plan.tar',
    '<%= config.bin %> <%= command.id %> --arch amd64 --arch arm64 --json',
  ];
  static override flags = {
    inventory: artifactFlags.inventory,
    plan: Flags.string({
      description: 'exactly what this saved plan sends, of an upgrade what all its hops need, in place of all that the inventory needs',
      helpValue: 'FILE',
    }),
    arch: Flags.string({
      description: 'architecture of the nodes; a plan knows its own',
      options: ['amd64', 'arm64'] as const,
      multiple: true,
      default: ['amd64'],
    }),
    output: Flags.string({ char: 'o', description: 'file to write; default: CLUSTER-artifacts.tar', helpValue: 'FILE' }),
    json: Flags.boolean({ description: 'what is in it, as JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ArtifactsBundle);
    const text = await readInventory(flags.inventory);
    const cluster = parseInventory(text, flags.inventory, { resolvePath: pathResolver(flags.inventory) });
    const made = await withReporter((teller) =>
      makeBundle(
        {
          cluster,
          inventorySha256: createHash('sha256').update(text).digest('hex'),
          artifacts: artifactsFor(cluster, flags.arch),
          planFile: flags.plan,
          file: flags.output,
          madeAt: new Date(),
        },
        teller,
      ),
    );
    this.log(flags.json ? JSON.stringify(made, undefined, 2) : describeBundle(made).trimEnd());
  }
}
