import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Flags } from '@oclif/core';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { describeCommand } from './describe-command.ts';

const commandsFolder = path.resolve(import.meta.dirname, '../../src/commands');
const snapshotFile = path.join(import.meta.dirname, 'contract.json');

async function loadCommands(): Promise<ReadonlyMap<string, Command.Class>> {
  const files = readdirSync(commandsFolder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('_shared'),
  );
  const commands = new Map<string, Command.Class>();
  for (const file of files.sort()) {
    const module = (await import(path.join(commandsFolder, file))) as { default: Command.Class };
    commands.set(
      file
        .replace(/(\/index)?\.ts$/u, '')
        .split(path.sep)
        .join(' '),
      module.default,
    );
  }
  return commands;
}

describe('the outward contract', () => {
  test('commands, flags and exit codes are as checked in (UPDATE_CONTRACT=1 writes them anew)', async () => {
    const commands = await loadCommands();
    const contract = { exitCodes, commands: Object.fromEntries([...commands].map(([name, command]) => [name, describeCommand(command)])) };
    const text = `${JSON.stringify(contract, null, 2)}\n`;
    if (process.env.UPDATE_CONTRACT === '1') writeFileSync(snapshotFile, text);
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(snapshotFile, 'utf8')));
  });

  test('every command says what it is for', async () => {
    const silent = [...(await loadCommands())].filter(([, { summary, description }]) => (summary ?? description ?? '').trim() === '');
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});

describe('describeCommand', () => {
  class Example extends Command {
    static override baseFlags = { inventory: Flags.string({ char: 'i', default: 'inventory.yaml', env: 'KCLUSTER_INVENTORY' }) };
    static override flags = {
      output: Flags.option({ options: ['table', 'json'] as const, default: 'table' })(),
      limit: Flags.string({ multiple: true, description: 'not part of the contract' }),
      keep: Flags.integer({ required: true, default: async () => 3 }),
      color: Flags.boolean({ allowNo: true, default: false }),
    };
    async run(): Promise<void> {
      // Only its flags are looked at.
    }
  }

  test('keeps names, types, options and defaults; leaves out texts', () => {
    expect(describeCommand(Example)).toEqual({
      flags: {
        color: { type: 'boolean', allowNo: true, default: false },
        inventory: { type: 'option', char: 'i', default: 'inventory.yaml', env: 'KCLUSTER_INVENTORY' },
        keep: { type: 'option', required: true, default: '(computed)' },
        limit: { type: 'option', multiple: true },
        output: { type: 'option', options: ['table', 'json'], default: 'table' },
      },
    });
  });

  test('sees a flag that is gone, renamed or of another type', () => {
    class Changed extends Example {
      static override flags = { ...Example.flags, keep: Flags.string() as never };
    }
    expect(describeCommand(Changed)).not.toEqual(describeCommand(Example));
  });
});
