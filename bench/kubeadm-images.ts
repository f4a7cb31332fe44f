import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeImage } from '../build/image-file.ts';
import { hostArchitecture } from '../build/mirror.ts';
import type { ArtifactIndex } from '../src/artifacts/artifact-index.ts';
import { runLocal } from '../src/lab/run-local.ts';
import { benchDirectory } from './paths.ts';

/** An archive on this machine and the references under which its image is wanted on a host. */
export interface KubeadmImage {
  readonly archive: string;
  readonly reference: string;
  /** A second name for the same image. */
  readonly alias?: string;
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

type Binary = ArtifactIndex['binaries'][number];

/** `registry.k8s.io/etcd:3.7.0-0` -> `etcd` */
export function imageName(reference: string): string {
  return path.posix.basename(reference.slice(0, reference.lastIndexOf(':')));
}

/** An image that holds the very binary that kcluster installs; made once. */
async function binaryImage(reference: string, binary: Binary): Promise<KubeadmImage> {
  const directory = path.join(benchDirectory(), 'images');
  const tag = reference.slice(reference.lastIndexOf(':') + 1);
  const archive = path.join(directory, `${binary.name}_${tag}_${binary.sha256.slice(0, 16)}.tar`);
  if (!(await isThere(archive))) {
    await mkdir(directory, { recursive: true });
    const entries = [{ type: 'File', path: `usr/local/bin/${binary.name}`, mode: 0o755, source: binary.path }] as const;
    await writeImage(`${archive}.new`, { reference, arch: hostArchitecture(), entries, entrypoint: [] });
    await rename(`${archive}.new`, archive);
  }
  return { archive, reference };
}

/** Every image that this kubeadm asks for, but kube-proxy's, from what the operator's cache holds. */
export async function kubeadmImages(kubeadm: string, kubernetes: string, index: ArtifactIndex): Promise<readonly KubeadmImage[]> {
  const wanted = (await runLocal([kubeadm, 'config', 'images', 'list', '--kubernetes-version', `v${kubernetes}`])).trim().split('\n');
  const references = wanted.filter((reference) => imageName(reference) !== 'kube-proxy');
  return Promise.all(
    references.map(async (reference): Promise<KubeadmImage> => {
      const name = imageName(reference);
      const image = index.images.find((candidate) => imageName(candidate.reference) === name);
      if (image !== undefined) {
        const alias = image.reference === reference ? {} : { alias: reference };
        return { archive: image.path, reference: image.reference, ...alias };
      }
      const binary = index.binaries.find((candidate) => candidate.name === name);
      if (binary === undefined) throw new RangeError(`kubeadm wants ${reference}, which nothing in the mirror can be made into`);
      return binaryImage(reference, binary);
    }),
  );
}
