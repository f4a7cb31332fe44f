import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, CommandHelp, Config } from '@oclif/core';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../src/commands', import.meta.url));
const config = await Config.load(fileURLToPath(new URL('../..', import.meta.url)));

async function loadCommands(): Promise<readonly (readonly [string, Command.Class])[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('_shared'),
  );
  return Promise.all(
    files.sort().map(async (file) => {
      const { default: command } = (await import(path.join(folder, file))) as { default: Command.Class };
      return [file.replace(/\.ts$/, '').split(path.sep).join(' '), command] as const;
    }),
  );
}

const commands = await loadCommands();

function helpOf(id: string, command: Command.Class): string {
  // As oclif gives it to its help: flags of the class and of those that it extends.
  const flags = { ...command.baseFlags, ...command.flags };
  const named = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, name }]));
  const args = Object.fromEntries(Object.entries(command.args).map(([name, arg]) => [name, { ...arg, name }]));
  const loadable = {
    ...command,
    id,
    description: command.description,
    examples: command.examples,
    aliases: [],
    hiddenAliases: [],
    flags: named,
    args,
  };
  const help = new CommandHelp(loadable as unknown as Command.Loadable, config, { maxWidth: 120 } as ConstructorParameters<
    typeof CommandHelp
  >[2]);
  return help.generate();
}

test('there are commands', () => {
  expect(commands.map(([id]) => id)).toEqual(
    expect.arrayContaining(['init', 'plan', 'apply', 'status', 'render', 'kubeconfig', 'preflight']),
  );
});

describe.each(commands)('kcluster %s --help', (id, command) => {
  const help = helpOf(id, command);

  test('says what it is for, in a sentence that can stand alone in a list', () => {
    const [summary = ''] = (command.summary ?? command.description ?? '').split('\n');
    expect(summary).toMatch(/^[A-Z]/);
    expect(summary.length).toBeLessThan(110);
    expect(help).toContain(summary.slice(0, 40));
  });

  test('shows an example that can be typed', () => {
    expect(command.examples?.length ?? 0).toBeGreaterThan(0);
    expect(help).toMatch(new RegExp(`EXAMPLES[\\s\\S]*\\$ kcluster ${id}|EXAMPLES[\\s\\S]*kcluster ${id}`));
    expect(help).not.toMatch(/<%|undefined/);
  });

  test('describes every flag and argument', () => {
    const parts = [...Object.entries({ ...command.baseFlags, ...command.flags }), ...Object.entries(command.args)];
    for (const [name, { description }] of parts) expect([name, description ?? '']).not.toEqual([name, '']);
  });
});
