import type { NodeName } from '../cluster/cluster.ts';
import { RefusedError } from '../errors.ts';
import type { Observations } from './observation.ts';
import type { FileResource } from './resource.ts';
import type { SecretName } from './secret-name.ts';

export interface SecretPlace {
  readonly node: NodeName;
  readonly path: string;
}

/**
 * Secrets that hosts hold and the operator's cache lacks: the hosts give the cache back.
 *
 * @param files secret files by node
 * @param known sha256 by name in the operator's cache
 * @returns where to read each one that must be taken over
 * @throws RefusedError when hosts, or a host and the cache, hold different values of one secret: which is right, only a person knows
 */
export function secretsToAdopt(
  files: ReadonlyMap<NodeName, readonly FileResource[]>,
  observations: ReadonlyMap<NodeName, Observations>,
  known: ReadonlyMap<SecretName, string>,
): ReadonlyMap<SecretName, SecretPlace> {
  const found = new Map<SecretName, SecretPlace & { readonly sha256: string }>();
  for (const [node, resources] of files) {
    for (const { path, content } of resources) {
      const sha256 = observations.get(node)?.files.get(path)?.sha256;
      if (sha256 === undefined || !('secret' in content)) continue;
      const before = found.get(content.secret);
      if (before !== undefined && before.sha256 !== sha256) {
        throw new RefusedError(
          `${path} differs from ${before.path} on ${before.node}: two hosts hold different values of ${content.secret}`,
          {
            node,
            remedy: 'nothing was changed; find out which host belongs to this cluster, and move the file of the other one away',
          },
        );
      }
      found.set(content.secret, { node, path, sha256 });
    }
  }
  for (const [name, { node, path, sha256 }] of found) {
    if ((known.get(name) ?? sha256) === sha256) continue;
    throw new RefusedError(`${path} is not the ${name} that is kept beside the inventory; neither is overwritten`, {
      node,
      remedy: 'if the host is right, move the .kcluster directory beside the inventory aside: it is made again from the hosts',
    });
  }
  return new Map([...found].filter(([name]) => !known.has(name)));
}
