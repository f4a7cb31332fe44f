import { z } from 'zod';
import { type ClusterSection, clusterSchema, type NetworkSection, type NodeSection } from './schema/cluster-schema.ts';
import { networkSchema } from './schema/network-schema.ts';
import { nodeSchema } from './schema/node-schema.ts';

/** Those fields that are sound by themselves; a field that is not is absent. */
type Sound<Section> = { readonly [Field in keyof Section]?: Section[Field] | undefined };

/** What can be understood of an inventory although other parts are wrong: the rules across fields judge this. */
export interface Draft {
  readonly cluster: Sound<Omit<ClusterSection, 'network'>>;
  readonly network: Sound<NetworkSection>;
  /** By their place in the inventory. */
  readonly nodes: readonly Sound<NodeSection>[];
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined;

function soundFields<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, value: unknown): Sound<z.output<z.ZodObject<Shape>>> {
  const entries = Object.entries(schema.shape).flatMap(([field, fieldSchema]) => {
    const result = z.safeParse(fieldSchema, fieldOf(value, field));
    return result.success ? [[field, result.data]] : [];
  });
  return Object.fromEntries(entries);
}

export function draftOf(value: unknown): Draft {
  const cluster = fieldOf(value, 'cluster');
  const nodes = fieldOf(value, 'nodes');
  return {
    cluster: soundFields(clusterSchema, cluster),
    network: soundFields(networkSchema, fieldOf(cluster, 'network')),
    nodes: Array.isArray(nodes) ? nodes.map((node) => soundFields(nodeSchema, node)) : [],
  };
}
