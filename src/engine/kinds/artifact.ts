import { InternalError } from '../../errors.ts';
import { hostPaths } from '../host-paths.ts';
import type { BinaryResource, ImageResource } from '../resource.ts';
import type { Kind } from './kind.ts';

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

/** An image that the operator does not have is pulled by the node when a pod wants it. */
export const imageKind: Kind<ImageResource> = {
  probes: () => [{ kind: 'images' }],
  plan: ({ reference }, context) => {
    const artifact = context.image(reference);
    if (artifact === undefined || context.seen.images?.has(reference) === true) return [];
    return [{ kind: 'image', reference, sha256: artifact.sha256, sizeBytes: artifact.sizeBytes }];
  },
};
