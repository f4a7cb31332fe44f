import { stringify } from 'yaml';

/** YAML text of a plain value; long strings are never folded, repeated parts are written out. */
export function stringifyYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
