import { createHash } from 'node:crypto';
import { describeArtifact } from '../describe-artifact.ts';
import { imageMirrorPath, mirrorPath } from '../mirror-path.ts';
import { encodeTarHeader, tarBlockBytes, tarPadding } from '../tar-header.ts';
import type { BundledArtifact, BundleIndex } from './bundle-index.ts';

export const indexName = 'index.json';
const sumsName = 'SHA256SUMS';
export const maxIndexBytes = 2 ** 20;

/** Behind the last entry. */
export const bundleEnd: Buffer = Buffer.alloc(2 * tarBlockBytes);

export function encodeIndex(index: BundleIndex): Buffer {
  return Buffer.from(`${JSON.stringify(index, undefined, 2)}\n`);
}

/** As in a mirror, so that an unpacked bundle is one for whoever trusts the catalogue's checksums. */
function pathOf({ component, version, arch }: BundledArtifact): string {
  const artifact = describeArtifact(component, version, arch);
  return artifact.kind === 'image' ? imageMirrorPath(artifact.reference, arch) : mirrorPath(artifact.url);
}

function headerOf(path: string, sizeBytes: number): Buffer {
  return encodeTarHeader({ path, type: 'File', mode: 0o644, sizeBytes });
}

export function indexHeader(sizeBytes: number): Buffer {
  return headerOf(indexName, sizeBytes);
}

export function artifactHeader(artifact: BundledArtifact): Buffer {
  return headerOf(pathOf(artifact), artifact.sizeBytes);
}

function smallFile(path: string, content: Buffer): Buffer {
  return Buffer.concat([headerOf(path, content.length), content, tarPadding(content.length)]);
}

/**
 * What stands before the artifacts: the index, then the digests of the index and of all that follows, for `sha256sum -c` and so that
 * a damaged index is seen before anything in it is believed.
 */
export function encodeHead(text: Buffer, index: BundleIndex): { readonly index: Buffer; readonly sums: Buffer } {
  const own = createHash('sha256').update(text).digest('hex');
  const lines = [[own, indexName], ...index.artifacts.map((artifact) => [artifact.sha256, pathOf(artifact)])];
  const sums = lines.map(([digest, path]) => `${digest}  ${path}\n`).join('');
  return { index: smallFile(indexName, text), sums: smallFile(sumsName, Buffer.from(sums)) };
}

/** Size of the whole bundle. */
export function bundleBytes(index: BundleIndex): number {
  const head = encodeHead(encodeIndex(index), index);
  const entries = index.artifacts.map(({ sizeBytes }) => tarBlockBytes + sizeBytes + tarPadding(sizeBytes).length);
  return head.index.length + head.sums.length + entries.reduce((sum, bytes) => sum + bytes, 0) + bundleEnd.length;
}

/** `kubelet 1.37.1 (amd64)`, for messages. */
export function nameOf({ component, version, arch }: Pick<BundledArtifact, 'component' | 'version' | 'arch'>): string {
  return `${component} ${version} (${arch})`;
}
