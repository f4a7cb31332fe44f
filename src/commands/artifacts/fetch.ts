import { Command, Flags } from '@oclif/core';
import type { Architecture } from '../../artifacts/catalogue.ts';
import { type FetchProgress, fetchArtifacts } from '../../artifacts/fetch-artifacts.ts';
import { clusterArtifacts } from '../../artifacts/required-artifacts.ts';
import { loadInventory } from '../../inventory/load-inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import { renderTable } from '../../ui/table.ts';
import { interruptSignal } from '../_shared/interrupt-signal.ts';

export default class ArtifactsFetch extends Command {
  static override description = `Bring everything the cluster needs into the local cache, with checksums.

What is in the cache is not fetched again; a download that was cut goes on where it stopped. Images that the mirror lacks are named: nodes pull them.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --arch amd64 --arch arm64',
    '<%= config.bin %> <%= command.id %> -i staging.yaml -o json',
  ];
  static override flags = {
    inventory: Flags.string({
      char: 'i',
      description: 'inventory file',
      default: 'inventory.yaml',
      env: 'KCLUSTER_INVENTORY',
      helpValue: 'FILE',
    }),
    arch: Flags.string({
      description: 'architecture of the nodes',
      options: ['amd64', 'arm64'] as const,
      multiple: true,
      default: ['amd64'],
    }),
    output: Flags.string({ char: 'o', description: 'form of the answer', options: ['table', 'json'] as const, default: 'table' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ArtifactsFetch);
    const cluster = await loadInventory(flags.inventory);
    const artifacts = (flags.arch as readonly Architecture[]).flatMap((arch) => clusterArtifacts(cluster, () => arch));
    const interrupt = interruptSignal();
    try {
      const { signal } = interrupt;
      const index = await fetchArtifacts(artifacts, { ...cluster.artifacts, signal, onProgress: this.#announcer() });
      if (flags.output === 'json') {
        this.log(JSON.stringify(index, undefined, 2));
        return;
      }
      const files = [...index.binaries, ...index.images.map((image) => ({ ...image, name: image.reference }))];
      const rows = files.map((file) => [
        file.component,
        file.version,
        file.arch,
        file.name,
        formatBytes(file.sizeBytes),
        file.sha256.slice(0, 16),
      ]);
      this.log(renderTable(['COMPONENT', 'VERSION', 'ARCH', 'FILE', 'SIZE', 'SHA256'], rows).trimEnd());
      for (const image of index.absentImages) this.log(`${image.reference} (${image.arch}) is pulled by the nodes: ${image.reason}`);
    } finally {
      interrupt.dispose();
    }
  }

  /** Says once per artifact that it is on its way. */
  #announcer(): (progress: FetchProgress) => void {
    const announced = new Set<string>();
    return ({ artifact, totalBytes }) => {
      if (announced.has(artifact.id)) return;
      announced.add(artifact.id);
      const size = totalBytes === undefined ? '' : `, ${formatBytes(totalBytes)}`;
      this.logToStderr(`fetching ${artifact.component} ${artifact.version} ${artifact.arch}${size}`);
    };
  }
}
