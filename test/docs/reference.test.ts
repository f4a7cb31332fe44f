import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Args, Command, Flags } from '@oclif/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { upgradePlanSchema } from '../../src/app/upgrade-plan-schema.ts';
import { inventoryJsonSchema } from '../../src/inventory/inventory-json-schema.ts';
import { checks } from '../../src/upgrade/judge-upgrade.ts';
import { type Commands, describeCommands } from './describe-commands.ts';
import { describeInventory, type Schema } from './describe-inventory.ts';
import { describeUpgradeChecks } from './describe-upgrade-checks.ts';

const root = path.resolve(import.meta.dirname, '../..');
const commandsFolder = path.join(root, 'src/commands');

async function loadCommands(): Promise<Commands> {
  const files = readdirSync(commandsFolder, { recursive: true, encoding: 'utf8' });
  const commands = files.filter((file) => file.endsWith('.ts') && !file.startsWith('_shared'));
  const loaded = commands.map(async (file) => {
    const module = (await import(path.join(commandsFolder, file))) as { default: Command.Class };
    return [file.replace(/\.ts$/u, '').split(path.sep).join(' '), module.default] as const;
  });
  return new Map(await Promise.all(loaded));
}

/** `UPDATE_DOCS=1` writes what is described now; review it with git. */
function expectCurrent(page: string, text: string): void {
  const file = path.join(root, 'docs/reference', page);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8'), `docs/reference/${page}; UPDATE_DOCS=1 writes it anew`).toBe(text);
}

describe('generated pages', () => {
  test('the inventory reference says what the schema says', () => {
    expectCurrent('inventory.md', describeInventory(inventoryJsonSchema() as Schema));
  });

  test('the command reference says what the commands say', async () => {
    expectCurrent('commands.md', describeCommands(await loadCommands()));
  });

  test('the list of upgrade checks says what is checked', () => {
    expectCurrent('upgrade-checks.md', describeUpgradeChecks(checks));
  });

  test('the schema of upgrade plans says what is checked when one is read', () => {
    const schema = { ...z.toJSONSchema(upgradePlanSchema, { io: 'input' }), title: 'kcluster upgrade plan' };
    expectCurrent('upgrade-plan.schema.json', `${JSON.stringify(schema, undefined, 2)}\n`);
  });
});

describe('describeInventory', () => {
  const text = describeInventory({
    properties: {
      kind: { type: 'string', const: 'Inventory', description: 'What it is.' },
      cluster: {
        type: 'object',
        default: {},
        description: 'All of it.',
        required: ['name'],
        properties: {
          name: { type: 'string', description: 'Its name.' },
          mode: { type: 'string', enum: ['a', 'b'], default: 'a', description: 'a | b.' },
          port: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
          end: { anyOf: [{ type: 'string' }, { type: 'object', properties: { host: {}, port: {} } }], description: 'As <host>.' },
          ranges: { anyOf: [{ type: 'string' }, { type: 'array', maxItems: 2, items: { type: 'string' } }] },
        },
      },
      nodes: {
        type: 'array',
        items: { type: 'object', description: 'One machine.', properties: { up: { type: 'boolean', default: true } } },
      },
    },
  });

  test.each([
    ['a fixed text', '| `kind` | `Inventory` |  | What it is. |'],
    ['a link to a section', '| [`cluster`](#cluster) | mapping |  | All of it. |'],
    ['a field that must be there', '| `name` | text | required | Its name. |'],
    ['words, a default and a bar', '| `mode` | `a`, `b` | `a` | a \\| b. |'],
    ['a number', '| `port` | number 1 – 9 | `3` |  |'],
    ['one or several', '| `ranges` | text, or list of text (at most 2) |  |  |'],
    ['a mapping without a section, and angle brackets', '| `end` | text, or mapping of `host`, `port` |  | As \\<host>. |'],
    ['a list of mappings', '| [`nodes`](#nodes) | list of mapping |  |  |'],
    ['the mapping of a list', '## `nodes[]`\n\nOne machine.\n'],
    ['a boolean', '| `up` | boolean | `true` |  |'],
  ])('describes %s', (_, line) => {
    expect(text).toContain(line);
  });

  test('describes settings of components once', () => {
    const version = { type: 'string', description: 'Release.' };
    const env = { type: 'object', description: 'Environment.' };
    const components = { type: 'object', properties: { etcd: { properties: { version, env } }, runc: { properties: { version } } } };
    const schema: Schema = {
      properties: {
        cluster: { type: 'object', properties: { components } },
        nodes: { type: 'array', items: { type: 'object', properties: { components } } },
      },
    };
    const described = describeInventory(schema);
    expect(described).toContain('| `etcd` | yes | yes |\n| `runc` | yes |  |\n');
    expect(described).toContain('| [`components`](#clustercomponents) | mapping |  |  |');
    expect(described.match(/Release\./gu)).toHaveLength(1);
  });
});

describe('describeCommands', () => {
  class Example extends Command {
    static override description = 'Does it.';
    static override examples = ['<%= config.bin %> <%= command.id %> now'];
    static override args = { when: Args.string({ description: 'at which time', required: true }) };
    static override baseFlags = { inventory: Flags.string({ char: 'i', default: 'inventory.yaml', env: 'WHERE', helpValue: 'FILE' }) };
    static override flags = {
      output: Flags.string({ char: 'o', options: ['table', 'json'], default: 'table', description: 'form' }),
      yes: Flags.boolean({ description: 'go on' }),
      name: Flags.string({ multiple: true, required: true }),
    };
    async run(): Promise<void> {
      // Only what it says of itself is looked at.
    }
  }
  const text = describeCommands(new Map([['do it', Example]]));

  test.each([
    ['what it does', '## kcluster do it\n\nDoes it.\n'],
    ['its usage', '`kcluster do it WHEN [FLAGS]` and [connection flags]'],
    ['its arguments', '- `WHEN`: at which time'],
    ['a flag with words', '| `-o`, `--output table\\|json` | `table` | form |'],
    ['a switch', '| `--yes` |  | go on |'],
    ['a flag that must be given', '| `--name VALUE…` | required |  |'],
    ['an example', 'kcluster do it now\n'],
  ])('says %s', (_, part) => {
    expect(text).toContain(part);
  });

  test('names no flags where there are none', () => {
    class Plain extends Command {
      static override description = 'Prints.';
      async run(): Promise<void> {
        // Only what it says of itself is looked at.
      }
    }
    expect(describeCommands(new Map([['print', Plain]]))).toMatch(/`kcluster print`\n$/u);
  });

  test('names shared flags once, with their variable', () => {
    expect(text.match(/--inventory/gu)).toHaveLength(1);
    expect(text).toContain('| `-i`, `--inventory FILE` | `inventory.yaml` |  (environment: `WHERE`) |');
  });
});
