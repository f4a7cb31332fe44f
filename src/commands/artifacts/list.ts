import { Command } from '@oclif/core';
import type { Artifact } from '../../artifacts/artifact.ts';
import type { ArtifactIndex } from '../../artifacts/artifact-index.ts';
import { findCachedArtifacts } from '../../artifacts/fetch-artifacts.ts';
import { judgeSupply } from '../../artifacts/judge-supply.ts';
import type { ArtifactSettings } from '../../cluster/cluster.ts';
import { loadInventory } from '../../inventory/load-inventory.ts';
import { renderTable } from '../../ui/table.ts';
import { artifactFlags, artifactsFor } from '../_shared/artifact-flags.ts';

type State = 'cached' | 'missing' | 'pulled by nodes';

/** One row: where an artifact comes from, who vouches for it, and whether it is here already. */
function describeRow(artifact: Artifact, settings: ArtifactSettings, cached: ArtifactIndex | undefined) {
  const { component, version, arch, kind } = artifact;
  const { source, vouchedBy } = judgeSupply(artifact, settings);
  const files = [...(cached?.binaries ?? []), ...(cached?.images ?? [])];
  const here: State = files.length > 0 ? 'cached' : 'missing';
  const state: State = vouchedBy === 'registry' ? 'pulled by nodes' : here;
  return { component, version, arch, kind, checksum: vouchedBy, state, source };
}

export default class ArtifactsList extends Command {
  static override description = `List what the cluster in the inventory needs: every component with its version, source and checksum.

Nothing is downloaded. CHECKSUM says who vouches for a file: kcluster's catalogue (pinned), upstream's checksum file (published), the mirror, or the registry.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --arch amd64 --arch arm64',
    '<%= config.bin %> <%= command.id %> -i staging.yaml -o json',
  ];
  static override flags = artifactFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(ArtifactsList);
    const cluster = await loadInventory(flags.inventory);
    const artifacts = artifactsFor(cluster, flags.arch);
    const cached = await findCachedArtifacts(artifacts, cluster.artifacts);
    const rows = artifacts.map((artifact) => describeRow(artifact, cluster.artifacts, cached.get(artifact.id)));
    if (flags.output === 'json') {
      this.log(JSON.stringify(rows, undefined, 2));
      return;
    }
    const headings = ['COMPONENT', 'VERSION', 'ARCH', 'KIND', 'CHECKSUM', 'STATE', 'SOURCE'];
    const cells = rows.map((row) => [row.component, row.version, row.arch, row.kind, row.checksum, row.state, row.source]);
    this.log(renderTable(headings, cells).trimEnd());
  }
}
