import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnLab, kcluster, kubectl, shared } from './support/shared-cluster.ts';

describeOnLab('taints of the inventory', () => {
  const worker = (): string => shared.nodes[1] ?? '';
  const kept = `${shared.inventory}.taints-kept`;
  beforeAll(() => copyFile(shared.inventory, kept));
  afterAll(async () => {
    await rename(kept, shared.inventory);
    await kubectl('taint', 'node', worker(), 'example.com/by-hand:PreferNoSchedule-').catch(() => undefined);
    expect((await kcluster('init', '--yes')).code).toBe(0);
  });

  async function taintsOf(node: string): Promise<readonly string[]> {
    const text = await kubectl('get', 'node', node, '-o', 'jsonpath={range .spec.taints[*]}{.key}={.value}:{.effect}{"\\n"}{end}');
    return text.split('\n').filter((line) => line.startsWith('example.com/'));
  }
  const annotation = (): Promise<string> =>
    kubectl('get', 'node', worker(), '-o', 'jsonpath={.metadata.annotations.kcluster\\.dev/taints}');
  const withTaints = async (taints: string): Promise<void> => {
    const text = await readFile(kept, 'utf8');
    const at = `  - name: ${worker()}\n`;
    expect(text).toContain(at);
    await writeFile(shared.inventory, taints === '' ? text : text.replace(at, `${at}    taints: [${taints}]\n`));
  };

  test('come and go with it; those of others stay', async () => {
    await kubectl('taint', 'node', worker(), 'example.com/by-hand=yes:PreferNoSchedule', '--overwrite');
    await withTaints('"example.com/disk=ssd:PreferNoSchedule", "example.com/first:PreferNoSchedule"');
    const planned = await kcluster('plan');
    expect(planned.stdout).toContain(
      `taints of ${worker()}: set example.com/disk=ssd:PreferNoSchedule, set example.com/first:PreferNoSchedule`,
    );
    expect((await kcluster('init', '--yes')).code).toBe(0);
    expect((await taintsOf(worker())).toSorted()).toEqual([
      'example.com/by-hand=yes:PreferNoSchedule',
      'example.com/disk=ssd:PreferNoSchedule',
      'example.com/first=:PreferNoSchedule',
    ]);
    expect(await annotation()).toBe('example.com/disk=ssd:PreferNoSchedule,example.com/first:PreferNoSchedule');
    expect((await kcluster('init', '--yes')).stdout).toContain('nothing to do');

    // Taken away by hand: it comes back. Another value: it is mended.
    await kubectl('taint', 'node', worker(), 'example.com/first:PreferNoSchedule-');
    await kubectl('taint', 'node', worker(), 'example.com/disk=hdd:PreferNoSchedule', '--overwrite');
    expect((await kcluster('init', '--yes')).code).toBe(0);
    expect(await taintsOf(worker())).toHaveLength(3);
    expect(await taintsOf(worker())).toContain('example.com/disk=ssd:PreferNoSchedule');

    await withTaints('');
    expect((await kcluster('init', '--yes')).code).toBe(0);
    expect(await taintsOf(worker())).toEqual(['example.com/by-hand=yes:PreferNoSchedule']);
    expect(await annotation()).toBe('');
    expect((await kcluster('init', '--yes')).stdout).toContain('nothing to do');
  });
});
