import { Args, Command, Flags } from '@oclif/core';
import { takeBundle } from '../../app/take-bundle.ts';
import { describeImport } from '../../ui/describe-bundle.ts';
import { withReporter } from '../_shared/with-reporter.ts';

export default class ArtifactsImport extends Command {
  static override description = `Take everything out of a bundle into the local cache, verified, or nothing at all.

Afterwards artifacts fetch, artifacts stage, plan and init need neither a mirror nor a network for what was in it. What is in the cache already is skipped.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo-artifacts.tar',
    '<%= config.bin %> <%= command.id %> demo-artifacts.tar --trust mirror',
    'zstd -dc demo-artifacts.tar.zst | <%= config.bin %> <%= command.id %> /dev/stdin',
  ];
  static override args = { file: Args.string({ description: 'file that artifacts bundle wrote', required: true }) };
  static override flags = {
    sha256: Flags.string({ description: 'refuse a bundle with another checksum than this, which artifacts bundle told', helpValue: 'HEX' }),
    trust: Flags.string({
      description: "pinned: refuse what the catalogue pins otherwise; mirror: take it, for inventories with artifacts.trust 'mirror'",
      options: ['pinned', 'mirror'] as const,
      default: 'pinned',
    }),
    json: Flags.boolean({ description: 'what was taken, as JSON' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ArtifactsImport);
    const trust = flags.trust === 'mirror' ? 'mirror' : 'pinned';
    const taken = await withReporter((teller) => takeBundle(args.file, { trust, sha256: flags.sha256 }, teller));
    this.log(flags.json ? JSON.stringify(taken, undefined, 2) : describeImport(taken).trimEnd());
  }
}
