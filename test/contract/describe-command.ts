import type { Command } from '@oclif/core';

type Flag = Command.Class['flags'][string];
type Arg = Command.Class['args'][string];

/** What a script may rely on of one command: names, types and defaults; not the texts of the help. */
export function describeCommand(command: Command.Class): Readonly<Record<string, unknown>> {
  const flags = { ...command.baseFlags, ...command.flags, ...(command.enableJsonFlag ? { json: { type: 'boolean' } } : {}) };
  return compact({
    aliases: command.aliases,
    hidden: command.hidden,
    strict: command.strict ? undefined : false,
    args: mapValues(command.args, describeArg),
    flags: mapValues(sortKeys(flags), describeFlag),
  });
}

function describeArg(arg: Arg): unknown {
  return compact({
    required: arg.required,
    options: arg.options,
    default: describeDefault(arg.default),
    multiple: 'multiple' in arg ? arg.multiple : undefined,
  });
}

function describeFlag(value: unknown): unknown {
  const flag = value as Partial<Flag> & {
    readonly options?: readonly string[];
    readonly multiple?: boolean;
    readonly allowNo?: boolean;
    readonly delimiter?: string;
  };
  return compact({
    type: flag.type,
    char: flag.char,
    aliases: flag.aliases,
    required: flag.required,
    multiple: flag.multiple,
    delimiter: flag.delimiter,
    allowNo: flag.allowNo,
    options: flag.options,
    default: describeDefault(flag.default),
    env: flag.env,
    exclusive: flag.exclusive,
    dependsOn: flag.dependsOn,
    hidden: flag.hidden,
    deprecated: flag.deprecated,
  });
}

function describeDefault(value: unknown): unknown {
  return typeof value === 'function' ? '(computed)' : value;
}

function sortKeys<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Without what says nothing: undefined, false, empty lists. */
function compact(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isSaying = ([key, value]: readonly [string, unknown]): boolean => {
    if (value === undefined || (value === false && key !== 'strict' && key !== 'default')) return false;
    return !(Array.isArray(value) && value.length === 0) && !(key === 'args' && Object.keys(value as object).length === 0);
  };
  return Object.fromEntries(Object.entries(record).filter(isSaying));
}
