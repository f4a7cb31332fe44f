import { Memo } from '../../cluster/memo.ts';
import { RefusedError } from '../../errors.ts';
import { hostPaths } from '../host-paths.ts';
import type { Observations } from '../observation.ts';
import type { ByproductResource, OwnershipResource, PackageResource, Resource } from '../resource.ts';
import { fileKind } from './file.ts';
import type { Kind } from './kind.ts';

/** One thing that kcluster or its programs put on a host; `was` is what it replaced, where a reset must put that back: a kernel setting, or mode and owner of a directory. */
export interface OwnedThing {
  readonly kind: 'file' | 'directory' | 'link' | 'user' | 'unit' | 'package' | 'module' | 'sysctl' | 'binary' | 'image';
  readonly name: string;
  readonly was?: string;
  /** A directory that goes with its content. */
  readonly data?: true;
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
      return claimDirectory(resource.path, resource.data === true, seen);
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
    case 'byproduct':
      return claimByproduct(resource, seen);
    case 'unit':
      return [{ kind: 'unit', name: resource.unit }];
    case 'image':
      return [{ kind: 'image', name: resource.reference }];
    default:
      return [];
  }
}

/** A data directory that was there empty, a mount point mostly, is given back empty; with foreign content in it, it is not ours to take. */
function claimDirectory(name: string, data: boolean, seen: Observations): readonly OwnedThing[] {
  const before = seen.files.get(name);
  if (before === undefined) return [{ kind: 'directory', name, ...(data ? { data } : {}) }];
  if (!data || before.type !== 'directory' || !seen.emptyDirectories.has(name)) return [];
  return [{ kind: 'directory', name, was: `${before.mode.toString(8)} ${before.owner}:${before.group}`, data }];
}

/** A setting is claimed in any case, so that the list is the same after the program has changed it. */
function claimByproduct({ of, name, data }: ByproductResource, seen: Observations): readonly OwnedThing[] {
  if (of === 'sysctl') return [{ kind: 'sysctl', name, was: seen.sysctls.get(name) ?? '' }];
  if (of === 'directory') return claimDirectory(name, data === true, seen);
  return seen.files.has(name) ? [] : [{ kind: 'file', name }];
}

const isData = (resource: Resource): resource is Extract<Resource, { data?: boolean }> => 'data' in resource && resource.data === true;
const pathOf = (resource: Extract<Resource, { data?: boolean }>): string => ('path' in resource ? resource.path : resource.name);

function packageOf({ names }: PackageResource, seen: Observations): readonly OwnedThing[] {
  const manager = seen.facts?.packageManager ?? 'unknown';
  return manager === 'unknown' ? [] : [{ kind: 'package', name: names[manager] }];
}

/** Most hosts of a cluster have the same. */
const parsed = new Memo<Manifest | undefined>(64);

function parseManifest(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Manifest | null;
    return manifest?.kind === 'Ownership' && Array.isArray(manifest.things) ? manifest : undefined;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}

/** Reads a manifest; undefined when there is none. @throws RefusedError when it cannot be understood: nothing may be lost of it */
export function readManifest(text: string | undefined, node: string): Manifest | undefined {
  if (text === undefined) return undefined;
  const manifest = parsed.of(text, () => parseManifest(text));
  if (manifest !== undefined) return manifest;
  throw new RefusedError(`${hostPaths.manifest} cannot be understood`, {
    node,
    remedy: 'compare it with another node; move it away when all that it lists may be forgotten',
  });
}

/** What the manifest will say: all that it says now, and what is new. */
function extend({ cluster, of }: OwnershipResource, seen: Observations, before: Manifest | undefined): string {
  const things = new Map((before?.things ?? []).map((thing) => [keyOf(thing), thing]));
  for (const thing of of.flatMap((resource) => claim(resource, seen))) {
    const key = keyOf(thing);
    if (!things.has(key)) things.set(key, thing);
  }
  const sorted = [...things].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([, thing]) => `    ${JSON.stringify(thing)}`).join(',\n');
  return `{\n  "apiVersion": "kcluster/v1alpha1",\n  "kind": "Ownership",\n  "cluster": ${JSON.stringify(cluster)},\n  "things": [\n${lines}\n  ]\n}\n`;
}

export const ownershipKind: Kind<OwnershipResource> = {
  probes: ({ of }) => [
    { kind: 'content', path: hostPaths.manifest },
    { kind: 'file', path: hostPaths.manifest },
    ...of.filter(isData).map((resource) => ({ kind: 'empty-directory', path: pathOf(resource) }) as const),
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
