import type { JsonObject } from '../cluster/cluster.ts';
import { fieldManager } from './kinds/kube-object.ts';

/** A Node object without the fields of other managers: they are most of it, and nobody here asks about them. */
export function trimNode(object: JsonObject): JsonObject {
  const { managedFields, ...metadata } = object.metadata as JsonObject & { readonly managedFields?: readonly JsonObject[] };
  if (managedFields === undefined) return object;
  return { ...object, metadata: { ...metadata, managedFields: managedFields.filter(({ manager }) => manager === fieldManager) } };
}
