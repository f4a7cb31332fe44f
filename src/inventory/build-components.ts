import { type ComponentName, type ComponentSettings, componentNames, type Json, type JsonObject } from '../cluster/cluster.ts';
import type { Path } from './problem.ts';
import type { ClusterSection } from './schema/cluster-schema.ts';

type SourceOf = (path: Path) => string | undefined;
type Scalar = string | number | boolean;
type Components = Readonly<Record<ComponentName, ComponentSettings>>;

/** One component as the schema lets it through; which fields it may have depends on the component. */
interface Written {
  readonly version?: string | undefined;
  readonly extraArgs?: Readonly<Record<string, Scalar | readonly Scalar[] | null>>;
  readonly env?: Readonly<Record<string, Scalar>>;
  readonly config?: JsonObject;
}

const nothing: ComponentSettings = { extraArgs: {}, config: {}, env: {} };

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects merge key by key; everything else is replaced. */
function mergeConfig(base: JsonObject, over: JsonObject): JsonObject {
  const merged = Object.entries(over).map(([key, value]): [string, Json] => {
    const below = base[key];
    return [key, isObject(below) && isObject(value) ? mergeConfig(below, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

// A number keeps the form in which it was typed.
function textOf(value: Scalar, path: Path, sourceOf: SourceOf): string {
  return typeof value === 'string' ? value : (sourceOf(path) ?? String(value));
}

function argumentOf(value: Scalar | readonly Scalar[] | null, path: Path, sourceOf: SourceOf): string | readonly string[] | null {
  if (value === null) return null;
  if (typeof value === 'object') return value.map((item, index) => textOf(item, [...path, index], sourceOf));
  return textOf(value, path, sourceOf);
}

function mergeComponent(base: ComponentSettings, written: Written, path: Path, sourceOf: SourceOf): ComponentSettings {
  const { extraArgs = {}, env = {}, config = {} } = written;
  const version = written.version?.replace(/^v/, '') ?? base.version;
  const args = Object.entries(extraArgs).map(([flag, value]) => [flag, argumentOf(value, [...path, 'extraArgs', flag], sourceOf)]);
  const variables = Object.entries(env).map(([name, value]) => [name, textOf(value, [...path, 'env', name], sourceOf)]);
  return {
    ...(version === undefined ? {} : { version }),
    extraArgs: { ...base.extraArgs, ...Object.fromEntries(args) },
    config: mergeConfig(base.config, config),
    env: { ...base.env, ...Object.fromEntries(variables) },
  };
}

function mergeAll(base: Components, written: ClusterSection['components'], path: Path, sourceOf: SourceOf): Components {
  if (written === undefined) return base;
  const merged = componentNames.map((name) => {
    const own: Written | undefined = written[name];
    return [name, own === undefined ? base[name] : mergeComponent(base[name], own, [...path, name], sourceOf)];
  });
  return Object.fromEntries(merged);
}

/** Settings that hold on every node. */
export function clusterComponents(written: ClusterSection['components'], sourceOf: SourceOf): Components {
  const base: Components = Object.fromEntries(componentNames.map((name) => [name, nothing])) as Record<ComponentName, ComponentSettings>;
  return mergeAll(base, written, ['cluster', 'components'], sourceOf);
}

/** Settings of one node: flags, variables and configuration keys of its own win one by one. */
export function nodeComponents(common: Components, written: ClusterSection['components'], path: Path, sourceOf: SourceOf): Components {
  return mergeAll(common, written, path, sourceOf);
}
