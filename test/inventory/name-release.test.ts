import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatVersion } from '../../src/cluster/version.ts';
import { nameRelease } from '../../src/inventory/name-release.ts';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';

const of = (value: string): string => `# ours
apiVersion: kcluster/v1alpha1
kind: Inventory
cluster:   # the one
  name: a

  kubernetesVersion: ${value}
  network:   { podCIDR: "10.0.0.0/16" }
nodes: [ {name: n, kubernetesVersion: "1.36.5"} ]
`;

describe('the release in the text of an inventory', () => {
  test.each([
    ['"1.36.5"', '"1.37.1"'],
    ["'1.36.5' # in quotes", "'1.37.1' # in quotes"],
    ['1.36.5', '1.37.1'],
    ['v1.36.5', 'v1.37.1'],
    ['"v1.36.5"', '"v1.37.1"'],
    ['   "1.36.5"   # old', '   "1.37.1"   # old'],
    ['\n    "1.36.5"', '\n    "1.37.1"'],
  ])('%j becomes %j, and nothing else is touched', (before, after) => {
    expect(nameRelease(of(before), '1.37.1')).toBe(of(after));
  });

  test('that is not said is said in a line of its own', () => {
    const without = 'cluster:\n    # name first\n    name: a # ours\nnodes: []\n';
    expect(nameRelease(without, '1.37.1')).toBe(
      'cluster:\n    # name first\n    kubernetesVersion: "1.37.1"\n    name: a # ours\nnodes: []\n',
    );
  });

  test('keeps the ends of lines of other systems', () => {
    const windows = 'cluster:\r\n  name: a\r\n';
    expect(nameRelease(windows, '1.37.1')).toBe('cluster:\r\n  kubernetesVersion: "1.37.1"\r\n  name: a\r\n');
    expect(nameRelease(of('1.36.5').replaceAll('\n', '\r\n'), '1.37.1')).toBe(of('1.37.1').replaceAll('\n', '\r\n'));
  });

  test('in JSON, which is YAML', () => {
    expect(nameRelease('{"cluster": {"name": "a", "kubernetesVersion": "1.36.5"}}', '1.37.1')).toBe(
      '{"cluster": {"name": "a", "kubernetesVersion": "1.37.1"}}',
    );
  });

  test.each([
    ['an alias', 'x: &release "1.36.5"\ncluster: { kubernetesVersion: *release }\n'],
    ['a value with a name', 'cluster:\n  kubernetesVersion: &release "1.36.5"\nx: *release\n'],
    ['a value with a tag', 'cluster:\n  kubernetesVersion: !!str 1.36.5\n'],
    ['a block', 'cluster:\n  kubernetesVersion: |\n    1.36.5\n'],
    ['a mapping of one line that lacks it', 'cluster: { name: a }\n'],
    ['a cluster behind an alias', 'x: &c { kubernetesVersion: "1.36.5" }\ncluster: *c\n'],
    ['no cluster', 'nodes: []\n'],
    ['an empty cluster', 'cluster:\n'],
    ['no YAML', 'cluster: [\n'],
    ['nothing', ''],
  ])('is left to a person where it is %s', (_, text) => {
    expect(nameRelease(text, '1.37.1')).toBeUndefined();
  });

  test.each(readdirSync('inventories').filter((name) => name.endsWith('.yaml')))('of %s', (name) => {
    const text = readFileSync(`inventories/${name}`, 'utf8');
    const named = nameRelease(text, '1.36.5') ?? '';
    expect(formatVersion(parseInventory(named, name).kubernetesVersion)).toBe('1.36.5');
    expect(nameRelease(named, '1.37.1')).toBe(text);
  });
});
