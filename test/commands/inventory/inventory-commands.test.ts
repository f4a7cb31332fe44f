import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Config } from '@oclif/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import InventoryNew from '../../../src/commands/inventory/new.ts';
import InventorySchema from '../../../src/commands/inventory/schema.ts';
import InventoryValidate from '../../../src/commands/inventory/validate.ts';
import { checkInventory } from '../../../src/inventory/check-inventory.ts';
import { inventoryText } from '../../inventory/sample.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const config = await Config.load(root);

type CommandClass = typeof InventoryNew | typeof InventorySchema | typeof InventoryValidate;

/** What a command printed, and how it ended: 0, or the exit code of what it threw. */
async function run(command: CommandClass, ...argv: string[]): Promise<{ printed: string; code: number; message: string }> {
  const lines: string[] = [];
  const instance: Command = new command(argv, config);
  vi.spyOn(instance, 'log').mockImplementation((line = '') => void lines.push(line));
  try {
    await instance.run();
    return { printed: lines.join('\n'), code: 0, message: '' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code: unknown = Reflect.get(error, 'exitCode') ?? Reflect.get(Reflect.get(error, 'oclif') ?? {}, 'exit');
    return { printed: lines.join('\n'), code: Number(code), message: error.message };
  }
}

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kcluster-commands-'));
  path = join(folder, 'inventory.yaml');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('inventory validate', () => {
  test('a good inventory', async () => {
    writeFileSync(path, inventoryText({ nodes: [{}, {}] }));
    expect(await run(InventoryValidate, '-i', path)).toEqual({
      printed: `${path} is valid: cluster sample, 2 nodes`,
      code: 0,
      message: '',
    });
  });

  test('warnings are printed and change no exit code', async () => {
    writeFileSync(path, inventoryText({ cluster: { network: { proxyMode: 'ipvs' } } }));
    const { printed, code } = await run(InventoryValidate, '-i', path);
    expect(code).toBe(0);
    expect(printed).toContain('cluster.network.proxyMode: warning: ipvs is deprecated');
    expect(printed).toContain('is valid: cluster sample, 1 node, 1 warning');
  });

  test('errors end with 2, all of them, warnings before them', async () => {
    writeFileSync(path, inventoryText({ cluster: { name: 'Bad', network: { proxyMode: 'ipvs' } }, nodes: [{ state: 'gone' }] }));
    const { printed, code, message } = await run(InventoryValidate, '-i', path);
    expect(code).toBe(2);
    expect(printed).toContain('ipvs is deprecated');
    expect(message).toContain('has 2 errors');
    expect(message).toContain('cluster.name');
    expect(message).toContain('nodes[0].state');
  });

  test('for another program', async () => {
    writeFileSync(path, inventoryText({ cluster: { name: 'Bad', network: { proxyMode: 'ipvs' } } }));
    const { printed, code } = await run(InventoryValidate, '-i', path, '-o', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(printed)).toEqual({
      file: path,
      valid: false,
      problems: [
        {
          severity: 'error',
          path: 'cluster.name',
          message: expect.stringContaining('"Bad" is not a cluster name'),
          line: 5,
          column: 13,
          length: 5,
        },
        { severity: 'warning', path: 'cluster.network.proxyMode', message: expect.any(String), line: 7, column: 20, length: 6 },
      ],
    });
    writeFileSync(path, inventoryText());
    const good = await run(InventoryValidate, '-i', path, '-o', 'json');
    expect([good.code, JSON.parse(good.printed)]).toEqual([0, { file: path, valid: true, problems: [] }]);
  });

  test('the file may come from the environment', async () => {
    writeFileSync(path, inventoryText());
    vi.stubEnv('KCLUSTER_INVENTORY', path);
    expect((await run(InventoryValidate)).printed).toContain(`${path} is valid`);
  });

  test('a file that is not there ends with 2', async () => {
    expect(await run(InventoryValidate, '-i', path)).toMatchObject({ code: 2, message: `${path}: there is no such file` });
  });
});

describe('inventory new', () => {
  test.each(['single', 'one-control-plane-two-workers', 'three-control-planes', 'external-etcd', 'given-etcd', 'scheduled-backups'])(
    'prints %s',
    async (example) => {
      const { printed, code } = await run(InventoryNew, '--example', example);
      expect(code).toBe(0);
      expect(`${printed}\n`).toBe(readFileSync(join(root, 'inventories', `${example}.yaml`), 'utf8'));
    },
  );

  test('prints a valid inventory unless told which', async () => {
    expect(checkInventory((await run(InventoryNew)).printed).problems).toEqual([]);
  });

  test('writes a file, and never over one', async () => {
    const first = await run(InventoryNew, '--output', path);
    expect(first).toMatchObject({ code: 0, printed: expect.stringContaining(`wrote ${path}`) });
    expect(checkInventory(readFileSync(path, 'utf8')).problems).toEqual([]);
    writeFileSync(path, 'mine');
    expect(await run(InventoryNew, '--output', path)).toMatchObject({
      code: 2,
      message: `${path}: the file exists and is not overwritten`,
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('a place that cannot be written ends with 2', async () => {
    expect(await run(InventoryNew, '--output', join(folder, 'no', 'where'))).toMatchObject({
      code: 2,
      message: expect.stringContaining('cannot be written'),
    });
  });
});

test('inventory schema prints JSON', async () => {
  const { printed, code } = await run(InventorySchema);
  expect(code).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ title: 'kcluster inventory' });
});
