import { expect, test } from 'vitest';
import { componentNames } from '../../src/cluster/cluster.ts';
import { inventoryJsonSchema } from '../../src/inventory/inventory-json-schema.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
}

const schema = inventoryJsonSchema() as Schema;

/** Every mapping with known keys, with its path. */
function mappings(of: Schema, path: string): [string, Schema][] {
  const below = [
    ...Object.entries(of.properties ?? {}).map(([key, value]): [string, Schema] => [`${path}.${key}`, value]),
    ...[of.items, ...(of.anyOf ?? [])].filter((item) => item !== undefined).map((item): [string, Schema] => [`${path}[]`, item]),
  ];
  return [
    ...(of.properties === undefined ? [] : [[path, of] as [string, Schema]]),
    ...below.flatMap(([where, item]) => mappings(item, where)),
  ];
}

test('every key says what it is', () => {
  const silent = mappings(schema, '').flatMap(([path, mapping]) =>
    Object.entries(mapping.properties ?? {})
      .filter(([, value]) => (value.description ?? '').length < 4)
      .map(([key]) => `${path}.${key}`),
  );
  expect(silent).toEqual([]);
});

test('no mapping lets an unknown key through', () => {
  expect(mappings(schema, '').filter(([, mapping]) => mapping.additionalProperties !== false)).toEqual([]);
});

test('keys, words and defaults are those of the inventory', () => {
  const { cluster, nodes } = schema.properties ?? {};
  expect(schema.required).toEqual(['apiVersion', 'kind', 'cluster', 'nodes']);
  expect(cluster?.required).toEqual(['name']);
  expect(nodes?.items?.required).toEqual(['name', 'address', 'roles']);
  expect(nodes?.items?.properties?.roles?.items?.enum).toEqual(['control-plane', 'etcd', 'worker']);
  expect(cluster?.properties?.kubernetesVersion?.default).toBe('1.37.1');
  expect(Object.keys(cluster?.properties?.components?.properties ?? {})).toEqual([...componentNames]);
});

test('is JSON', () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'kcluster inventory' });
});
