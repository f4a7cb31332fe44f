import type { Json, JsonObject } from '../cluster/cluster.ts';

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `over` on top of `base`, objects merged key by key; lists and plain values replace, null removes. */
export function mergeConfig(base: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    if (value === null) delete merged[key];
    else if (isObject(value)) merged[key] = mergeConfig(isObject(below) ? below : {}, value);
    else merged[key] = value;
  }
  return merged;
}
