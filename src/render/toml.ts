import { stringify } from 'smol-toml';
import type { JsonObject } from '../cluster/cluster.ts';

/** TOML text of an object; keys keep their order, plain values stand before tables. */
export function stringifyToml(value: JsonObject): string {
  return `${stringify(value).trimEnd()}\n`;
}
