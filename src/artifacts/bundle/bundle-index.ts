import { z } from 'zod';
import { componentNames } from '../../cluster/cluster.ts';
import { maxDownloadBytes } from '../download-file.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const arch = z.enum(['amd64', 'arm64']);
const sizeBytes = z.int().min(0).max(maxDownloadBytes);

const artifactSchema = z.strictObject({
  component: z.enum(componentNames),
  version: z.string().regex(/^[\w.+-]{1,40}$/),
  arch,
  /** Upstream's address of a download, reference of an image. */
  url: z.string(),
  /** Of the download, as it lies in the bundle. */
  sizeBytes,
  sha256,
  /** Who said what the digest must be, where the bundle was made. */
  vouchedBy: z.enum(['pinned', 'published', 'mirror']),
  /** What it takes when programs are taken out of it; 0 for what is not an archive. */
  unpackedBytes: z.int().min(0),
});

const purposeSchema = z.union([
  z.strictObject({ cluster: z.string(), inventorySha256: sha256 }),
  z.strictObject({ cluster: z.string(), workflow: z.string(), planSha256: sha256 }),
]);

const leftOutSchema = z.strictObject({ reference: z.string(), arch, reason: z.string() });

/** First entry of a bundle: all that is in it, in order, and what for. */
export const bundleIndexSchema = z.strictObject({
  apiVersion: z.literal('kcluster/v1alpha1'),
  kind: z.literal('ArtifactBundle'),
  madeAt: z.iso.datetime(),
  madeBy: z.string(),
  for: purposeSchema,
  artifacts: z.array(artifactSchema),
  /** Images that nodes pull, so that the bundle cannot help them. */
  leftOut: z.array(leftOutSchema),
});

export type BundleIndex = z.infer<typeof bundleIndexSchema>;
export type BundledArtifact = z.infer<typeof artifactSchema>;
export type BundlePurpose = z.infer<typeof purposeSchema>;
export type LeftOutImage = z.infer<typeof leftOutSchema>;
