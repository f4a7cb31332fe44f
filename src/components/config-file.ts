import type { JsonObject } from '../cluster/cluster.ts';
import { Memo } from '../cluster/memo.ts';
import type { FileResource } from '../engine/resource.ts';
import { stringifyYaml } from '../render/yaml.ts';
import { textFile } from './parts.ts';

/** Many nodes get the same files, and a run may plan twice. */
const texts = new Memo<string>(2_500);

/** A configuration file in YAML; 0o644 where an account other than root reads it. */
export function yamlFile(path: string, value: JsonObject, mode = 0o600): FileResource {
  return textFile(path, () => `# Written by kcluster.\n${texts.of(JSON.stringify(value), () => stringifyYaml(value))}`, { mode });
}
