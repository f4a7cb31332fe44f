import type { Command } from '@oclif/core';

export type Commands = ReadonlyMap<string, Command.Class>;

interface FlagText {
  readonly type?: string;
  readonly char?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly env?: string;
  readonly helpValue?: string | readonly string[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

function placeholderOf(flag: FlagText): string {
  if (flag.type === 'boolean') return '';
  const value = flag.options?.join('|') ?? flag.helpValue ?? 'VALUE';
  return ` ${String(value)}${flag.multiple === true ? '…' : ''}`;
}

function defaultOf({ default: value, required }: FlagText): string {
  if (required === true) return 'required';
  if (value === undefined || value === false || typeof value === 'function' || String(value) === '') return '';
  return `\`${String(value)}\``;
}

function flagTable(flags: Readonly<Record<string, FlagText>>): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const short = flag.char === undefined ? '' : `\`-${flag.char}\`, `;
    const environment = flag.env === undefined ? '' : ` (environment: \`${flag.env}\`)`;
    return `| ${short}\`--${name}${cell(placeholderOf(flag))}\` | ${defaultOf(flag)} | ${cell(flag.description ?? '')}${environment} |\n`;
  });
  return rows.length === 0 ? '' : `| Flag | Default | Meaning |\n|---|---|---|\n${rows.join('')}`;
}

/** Words after the name; of arguments read from a class, in their order. */
function usageOf(name: string, command: Command.Class): string {
  const args = Object.entries(command.args).map(([arg, { required }]) =>
    required === true ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
  );
  if (typeof command.usage === 'string') return `kcluster ${command.usage.replaceAll('<%= command.id %>', name)}`;
  const flags = Object.keys(command.flags ?? {}).length === 0 ? [] : ['[FLAGS]'];
  return ['kcluster', name, ...args, ...flags].join(' ');
}

function argumentList(command: Command.Class): string {
  return Object.entries(command.args)
    .map(([name, { description }]) => `- \`${name.toUpperCase()}\`: ${description ?? ''}\n`)
    .join('');
}

function exampleList(name: string, command: Command.Class): string {
  const examples = (command.examples ?? []).map((example) => (typeof example === 'string' ? example : example.command));
  const lines = examples.map((example) => example.replaceAll('<%= config.bin %>', 'kcluster').replaceAll('<%= command.id %>', name));
  return lines.length === 0 ? '' : `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`;
}

function ownFlags(command: Command.Class): Readonly<Record<string, FlagText>> {
  const shared = new Set(Object.keys(command.baseFlags ?? {}));
  return Object.fromEntries(Object.entries(command.flags ?? {}).filter(([name]) => !shared.has(name))) as Readonly<
    Record<string, FlagText>
  >;
}

function describeCommand(name: string, command: Command.Class): string {
  const connects = Object.keys(command.baseFlags ?? {}).length > 0;
  const parts = [
    `## kcluster ${name}`,
    (command.description ?? '').trim(),
    `\`${usageOf(name, command)}\`${connects ? ' and [connection flags](#connection-flags)' : ''}`,
    argumentList(command),
    flagTable(ownFlags(command)),
    exampleList(name, command),
  ];
  return parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The reference of all commands as Markdown, from their classes. */
export function describeCommands(commands: Commands): string {
  const sorted = [...commands].sort(([a], [b]) => (a < b ? -1 : 1));
  const connecting = sorted.find(([, command]) => Object.keys(command.baseFlags ?? {}).length > 0);
  const intro = `# Command reference

Every command with its flags, made from the commands themselves; \`kcluster help COMMAND\` says the same in the terminal.
Exit codes are in the [README](../../README.md#exit-codes). This page is generated: \`UPDATE_DOCS=1 npx vitest run test/docs\`.`;
  const shared = `## Connection flags\n\nOf every command that connects to hosts.\n\n${flagTable((connecting?.[1].baseFlags ?? {}) as Readonly<Record<string, FlagText>>).trimEnd()}`;
  return `${[intro, shared, ...sorted.map(([name, command]) => describeCommand(name, command))].join('\n\n')}\n`;
}
