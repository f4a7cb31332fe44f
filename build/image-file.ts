import { rm } from 'node:fs/promises';
import { hashFile } from '../src/artifacts/hash-file.ts';
import { type TarEntry, writeTar } from './tar-file.ts';

export interface ImageContent {
  /** Full reference with a tag, `registry.k8s.io/pause:3.10.2`. */
  readonly reference: string;
  readonly arch: string;
  readonly entries: readonly TarEntry[];
  readonly entrypoint: readonly string[];
  readonly env?: readonly string[];
}

const jsonFile = (path: string, value: unknown): TarEntry => ({
  type: 'File',
  path,
  mode: 0o644,
  content: Buffer.from(JSON.stringify(value)),
});

/** Writes a one-layer docker archive that `ctr -n k8s.io images import` takes. */
export async function writeImage(path: string, image: ImageContent): Promise<void> {
  const layerFile = `${path}.layer`;
  try {
    await writeTar(layerFile, image.entries, { gzip: false });
    const layerDigest = await hashFile(layerFile);
    const config = {
      architecture: image.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Entrypoint: image.entrypoint, Env: image.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'kcluster build' }],
    };
    await writeTar(
      path,
      [
        jsonFile('config.json', config),
        { type: 'File', path: 'layer.tar', mode: 0o644, source: layerFile },
        jsonFile('manifest.json', [{ Config: 'config.json', RepoTags: [image.reference], Layers: ['layer.tar'] }]),
      ],
      { gzip: false },
    );
  } finally {
    await rm(layerFile, { force: true });
  }
}
