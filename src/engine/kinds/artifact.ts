import { InternalError } from '../../errors.ts';
import { hostPaths } from '../host-paths.ts';
import type { BinaryResource, ImageArchiveResource, ImageResource } from '../resource.ts';
import type { ArtifactSeen, Kind, KindContext } from './kind.ts';

export const binaryKind: Kind<BinaryResource> = {
  probes: ({ path }) => [{ kind: 'binary', path }],
  plan: (resource, context) => {
    const { component, version, name, path } = resource;
    const artifact = context.binary(component, version, name);
    if (artifact === undefined) throw new InternalError(`no artifact yields ${component} ${version} ${name}`, { node: context.node });
    const { sha256, sizeBytes } = artifact;
    if (context.seen.binaries.get(path)?.verifiedSha256 === sha256) return [];
    return [{ kind: 'binary', component, version, name, path, sha256, sizeBytes }];
  },
};

/** Where an image archive lies on the host until containerd has it. */
export function imageArchivePath(sha256: string): string {
  return `${hostPaths.images}/${sha256}.tar`;
}

const imageProbes = [{ kind: 'images' }, { kind: 'image-archives' }] as const;

/** What is to be done about an image that the runtime lacks; one that the operator does not have is pulled by the node when a pod wants it. */
function lacking(reference: string, { image, seen }: KindContext): (ArtifactSeen & { readonly isStaged: boolean }) | undefined {
  const artifact = image(reference);
  if (artifact === undefined || seen.images?.has(reference) === true) return undefined;
  const { sha256, sizeBytes } = artifact;
  return { sha256, sizeBytes, isStaged: seen.binaries.get(imageArchivePath(sha256))?.verifiedSha256 === sha256 };
}

export const imageKind: Kind<ImageResource> = {
  probes: () => imageProbes,
  plan: ({ reference }, context) => {
    const found = lacking(reference, context);
    if (found === undefined) return [];
    const { isStaged, ...digest } = found;
    return [{ kind: 'image', reference, ...digest, ...(isStaged ? { isStaged } : {}) }];
  },
};

export const imageArchiveKind: Kind<ImageArchiveResource> = {
  probes: () => imageProbes,
  plan: ({ reference }, context) => {
    const found = lacking(reference, context);
    if (found === undefined || found.isStaged) return [];
    const { sha256, sizeBytes } = found;
    return [{ kind: 'image-archive', reference, sha256, sizeBytes }];
  },
};
