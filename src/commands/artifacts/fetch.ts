import process from 'node:process';
import { Command } from '@oclif/core';
import type { ArtifactIndex } from '../../artifacts/artifact-index.ts';
import { fetchArtifacts } from '../../artifacts/fetch-artifacts.ts';
import { loadInventory } from '../../inventory/load-inventory.ts';
import { chooseReporter } from '../../ui/choose-reporter.ts';
import { createReporter } from '../../ui/create-reporter.ts';
import { formatBytes } from '../../ui/format.ts';
import { standardOutput } from '../../ui/standard-output.ts';
import { renderTable } from '../../ui/table.ts';
import { artifactFlags, artifactsFor } from '../_shared/artifact-flags.ts';
import { interruptSignal } from '../_shared/interrupt-signal.ts';

export default class ArtifactsFetch extends Command {
  static override description = `Bring everything the cluster needs into the local cache, with checksums.

What is in the cache is not fetched again; a download that was cut goes on where it stopped. Images that the mirror lacks are named: nodes pull them.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --arch amd64 --arch arm64',
    '<%= config.bin %> <%= command.id %> -i staging.yaml -o json',
  ];
  static override flags = artifactFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(ArtifactsFetch);
    const cluster = await loadInventory(flags.inventory);
    const out = standardOutput(process.stderr);
    const reporter = createReporter(chooseReporter({ json: false, isTTY: out.isTTY, ci: process.env.CI !== undefined }), out);
    const interrupt = interruptSignal();
    let index: ArtifactIndex;
    try {
      reporter.emit({ type: 'run-started', workflow: 'artifacts fetch', cluster: cluster.name, runId: '', nodes: [] });
      index = await fetchArtifacts(artifactsFor(cluster, flags.arch), {
        ...cluster.artifacts,
        signal: interrupt.signal,
        onProgress: ({ artifact, receivedBytes, totalBytes }) =>
          reporter.emit({
            type: 'artifact-progress',
            artifact: artifact.id,
            doneBytes: receivedBytes,
            totalBytes: totalBytes ?? receivedBytes,
          }),
      });
    } finally {
      interrupt.dispose();
      await reporter.end();
    }
    this.log(flags.output === 'json' ? JSON.stringify(index, undefined, 2) : describeIndex(index).trimEnd());
  }
}

function describeIndex({ binaries, images, absentImages }: ArtifactIndex): string {
  const files = [...binaries, ...images.map((image) => ({ ...image, name: image.reference }))];
  const rows = files.map(({ component, version, arch, name, sizeBytes, sha256 }) => [
    component,
    version,
    arch,
    name,
    formatBytes(sizeBytes),
    sha256.slice(0, 16),
  ]);
  const absent = absentImages.map(({ reference, arch, reason }) => `${reference} (${arch}) is pulled by the nodes: ${reason}\n`);
  return `${renderTable(['COMPONENT', 'VERSION', 'ARCH', 'FILE', 'SIZE', 'SHA256'], rows)}${absent.join('')}`;
}
