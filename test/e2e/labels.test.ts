import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnLab, kcluster, kubectl, shared } from './support/shared-cluster.ts';

describeOnLab('labels and annotations of the inventory', () => {
  const worker = (): string => shared.nodes[1] ?? '';
  const kept = `${shared.inventory}.kept`;
  beforeAll(() => copyFile(shared.inventory, kept));
  afterAll(async () => {
    await rename(kept, shared.inventory);
    expect((await kcluster('init', '--yes')).code).toBe(0);
  });

  async function labelsOf(node: string): Promise<Record<string, string>> {
    return JSON.parse(await kubectl('get', 'node', node, '-o', 'jsonpath={.metadata.labels}')) as Record<string, string>;
  }

  test('come and go with it; those of others stay', async () => {
    await kubectl('label', 'node', worker(), 'example.com/by-hand=yes', '--overwrite');
    const text = await readFile(kept, 'utf8');
    const at = `  - name: ${worker()}\n`;
    expect(text).toContain(at);
    await writeFile(
      shared.inventory,
      text.replace(at, `${at}    labels: { example.com/disk: ssd }\n    annotations: { example.com/note: hello }\n`),
    );
    expect((await kcluster('init', '--yes')).code).toBe(0);
    expect(await labelsOf(worker())).toMatchObject({ 'example.com/disk': 'ssd', 'example.com/by-hand': 'yes' });

    await writeFile(shared.inventory, text);
    expect((await kcluster('init', '--yes')).code).toBe(0);
    const labels = await labelsOf(worker());
    expect(labels).not.toHaveProperty(['example.com/disk']);
    expect(labels).toHaveProperty(['example.com/by-hand'], 'yes');
    expect(await kubectl('get', 'node', worker(), '-o', 'jsonpath={.metadata.annotations}')).not.toContain('example.com/note');
    await kubectl('label', 'node', worker(), 'example.com/by-hand-');
    expect((await kcluster('init', '--yes')).stdout).toContain('nothing to do');
  });
});
