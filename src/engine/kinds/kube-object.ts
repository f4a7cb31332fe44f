import type { Json, JsonObject } from '../../cluster/cluster.ts';
import type { Action } from '../action.ts';
import { referenceKey } from '../observation.ts';
import type { KubeReference } from '../probe.ts';
import type { KubeResource } from '../resource.ts';
import type { Kind, KindContext } from './kind.ts';

/** Name under which kcluster's fields are recorded in the API. */
export const fieldManager = 'kcluster';

function referenceOf(object: JsonObject): KubeReference {
  const metadata = object.metadata as { readonly name: string; readonly namespace?: string };
  const reference = { apiVersion: String(object.apiVersion), kind: String(object.kind), name: metadata.name };
  return metadata.namespace === undefined ? reference : { ...reference, namespace: metadata.namespace };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Where the live value does not hold what is wanted, as a path; undefined when it holds all of it.
 * What is not said is not compared, so that defaults of the API server and fields of others are left alone.
 */
export function firstDifference(wanted: Json, live: Json | undefined, path = ''): string | undefined {
  if (Array.isArray(wanted)) return differenceOfLists(wanted, live, path);
  if (isObject(wanted)) {
    if (!isObject(live)) return path;
    for (const [key, value] of Object.entries(wanted)) {
      const difference = firstDifference(value, live[key], `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  // The API server does not store null.
  return wanted === (live ?? null) ? undefined : path;
}

function differenceOfLists(wanted: readonly Json[], live: Json | undefined, path: string): string | undefined {
  if (!Array.isArray(live)) return wanted.length === 0 && live === undefined ? undefined : path;
  if (live.length !== wanted.length) return path;
  for (const [index, value] of wanted.entries()) {
    const difference = firstDifference(value, live[index] as Json, `${path}[${index}]`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function planObject({ object }: KubeResource, { seen }: KindContext): readonly Action[] {
  const reference = referenceOf(object);
  if (reference.kind === 'Node') return planNode(reference.name, object, seen.kubeNodes?.get(reference.name));
  const live = seen.kubeObjects?.get(referenceKey(reference.kind, reference.namespace, reference.name));
  if (live === undefined) return [{ kind: 'kube-apply', objects: [object], why: 'missing' }];
  const difference = firstDifference(object, live);
  return difference === undefined ? [] : [{ kind: 'kube-apply', objects: [object], why: `${difference.slice(1)} differs` }];
}

type Keyed = 'labels' | 'annotations';

function keysOf(object: JsonObject, field: Keyed): readonly string[] {
  return Object.keys((object.metadata as { readonly [K in Keyed]?: object })[field] ?? {});
}

/** Labels or annotations that an earlier apply of kcluster put on a live object (kubectl shows the managed fields of nodes). */
function keysOwned(live: JsonObject, field: Keyed): readonly string[] {
  const metadata = live.metadata as { managedFields?: readonly { manager?: string; fieldsV1?: JsonObject }[] } | undefined;
  const mine = (metadata?.managedFields ?? []).filter((entry) => entry.manager === fieldManager);
  return mine.flatMap(({ fieldsV1 }) => {
    const owned = (fieldsV1?.['f:metadata'] as JsonObject | undefined)?.[`f:${field}`];
    // `.` stands for the map itself.
    return isObject(owned) ? Object.keys(owned).flatMap((key) => (key.startsWith('f:') ? [key.slice(2)] : [])) : [];
  });
}

/** What was taken out of the inventory and is still on the object. */
function firstStale(object: JsonObject, live: JsonObject): string | undefined {
  for (const field of ['labels', 'annotations'] as const) {
    const stale = keysOwned(live, field).find((key) => !keysOf(object, field).includes(key));
    if (stale !== undefined) return `.metadata.${field}.${stale}`;
  }
  return undefined;
}

/** The kubelet makes the Node object; kcluster only says what belongs on it, and takes back what it said before. */
function planNode(name: string, object: JsonObject, live: JsonObject | undefined): readonly Action[] {
  if (live === undefined) return [{ kind: 'kube-apply', objects: [object], why: `${name} registers in this run` }];
  const difference = firstDifference(object, live) ?? firstStale(object, live);
  return difference === undefined ? [] : [{ kind: 'kube-apply', objects: [object], why: `${difference.slice(1)} differs` }];
}

export const kubeObjectKind: Kind<KubeResource> = {
  probes: ({ object }) => {
    const reference = referenceOf(object);
    return [reference.kind === 'Node' ? { kind: 'kube-nodes' } : { kind: 'kube-objects', references: [reference] }];
  },
  plan: planObject,
};
