import { RefusedError } from '../../errors.ts';
import { hostPaths } from '../host-paths.ts';
import type { Observations } from '../observation.ts';
import type { OwnershipResource, PackageResource, Resource } from '../resource.ts';
import { fileKind } from './file.ts';
import type { Kind } from './kind.ts';

/** One thing that kcluster put on a host; `was` is what it replaced, where a reset must put that back. */
export interface OwnedThing {
  readonly kind: 'file' | 'directory' | 'link' | 'user' | 'unit' | 'package' | 'module' | 'sysctl' | 'binary' | 'image';
  readonly name: string;
  readonly was?: string;
}

export interface Manifest {
  readonly apiVersion: 'kcluster/v1alpha1';
  readonly kind: 'Ownership';
  readonly cluster: string;
  readonly things: readonly OwnedThing[];
}

const keyOf = (thing: OwnedThing): string => `${thing.kind} ${thing.name}`;

/** What was there before kcluster came stays when kcluster goes: directories, accounts, programs and modules that are seen are not claimed. */
function claim(resource: Resource, seen: Observations): readonly OwnedThing[] {
  switch (resource.kind) {
    case 'file':
    case 'link':
    case 'binary':
      return [{ kind: resource.kind, name: resource.path }];
    case 'certificate':
      return resource.entry.files.map(({ path }) => ({ kind: 'file', name: path }));
    case 'directory':
      return seen.files.has(resource.path) ? [] : [{ kind: 'directory', name: resource.path }];
    case 'user':
      return seen.users.has(resource.name) ? [] : [{ kind: 'user', name: resource.name }];
    case 'module':
      return seen.modules.has(resource.name) ? [] : [{ kind: 'module', name: resource.name }];
    case 'package':
      return seen.commands.has(resource.command) ? [] : packageOf(resource, seen);
    case 'sysctl':
      return seen.sysctls.get(resource.key) === resource.value
        ? []
        : [{ kind: 'sysctl', name: resource.key, was: seen.sysctls.get(resource.key) ?? '' }];
    case 'unit':
      return [{ kind: 'unit', name: resource.unit }];
    case 'image':
      return [{ kind: 'image', name: resource.reference }];
    default:
      return [];
  }
}

function packageOf({ names }: PackageResource, seen: Observations): readonly OwnedThing[] {
  const manager = seen.facts?.packageManager ?? 'unknown';
  return manager === 'unknown' ? [] : [{ kind: 'package', name: names[manager] }];
}

/** Reads a manifest; undefined when there is none. @throws RefusedError when it cannot be understood: nothing may be lost of it */
export function readManifest(text: string | undefined, node: string): Manifest | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = JSON.parse(text) as Manifest | null;
    if (parsed?.kind === 'Ownership' && Array.isArray(parsed.things)) return parsed;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new RefusedError(`${hostPaths.manifest} cannot be understood`, {
    node,
    remedy: 'compare it with another node; move it away when all that it lists may be forgotten',
  });
}

/** What the manifest will say: all that it says now, and what is new. */
function extend({ cluster, of }: OwnershipResource, seen: Observations, before: Manifest | undefined): string {
  const things = new Map((before?.things ?? []).map((thing) => [keyOf(thing), thing]));
  for (const thing of of.flatMap((resource) => claim(resource, seen))) {
    if (!things.has(keyOf(thing))) things.set(keyOf(thing), thing);
  }
  const sorted = [...things.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const lines = sorted.map((thing) => `    ${JSON.stringify(thing)}`).join(',\n');
  return `{\n  "apiVersion": "kcluster/v1alpha1",\n  "kind": "Ownership",\n  "cluster": ${JSON.stringify(cluster)},\n  "things": [\n${lines}\n  ]\n}\n`;
}

export const ownershipKind: Kind<OwnershipResource> = {
  probes: () => [
    { kind: 'content', path: hostPaths.manifest },
    { kind: 'file', path: hostPaths.manifest },
  ],
  plan: (resource, context) => {
    const before = readManifest(context.seen.contents.get(hostPaths.manifest), context.node);
    if (before !== undefined && before.cluster !== resource.cluster) {
      throw new RefusedError(`the host belongs to cluster ${before.cluster}`, {
        node: context.node,
        remedy: `take it out of ${before.cluster} first, or correct the address in the inventory`,
      });
    }
    const text = extend(resource, context.seen, before);
    return fileKind.plan({ kind: 'file', path: hostPaths.manifest, content: { text }, mode: 0o600, owner: 'root', group: 'root' }, context);
  },
};
