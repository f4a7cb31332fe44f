import type { ComponentSettings } from '../cluster/cluster.ts';
import { systemdArgument } from './systemd.ts';

/** A file handed to the process by `LoadCredential=`. */
export interface Credential {
  readonly credential: string;
}

/** undefined leaves the flag out. */
export type FlagValue = string | number | boolean | Credential | undefined;
export type Flags = Readonly<Record<string, FlagValue>>;

function formatFlag(name: string, value: Exclude<FlagValue, undefined>): string {
  if (typeof value !== 'object') return systemdArgument(`--${name}=${value}`);
  // systemd expands this variable itself; $CREDENTIALS_DIRECTORY exists since 247, the specifier %d only since 250.
  return `${systemdArgument(`--${name}=`)}\${CREDENTIALS_DIRECTORY}/${value.credential}`;
}

/** Flags as words of `ExecStart=`, sorted by name; `extraArgs` win: null removes a default, a list repeats the flag. */
export function formatFlags(defaults: Flags, extraArgs: ComponentSettings['extraArgs'] = {}): readonly string[] {
  const names = [...new Set([...Object.keys(defaults), ...Object.keys(extraArgs)])].sort();
  return names.flatMap((name) => {
    const extra = extraArgs[name];
    if (extra === null) return [];
    if (extra !== undefined) return [extra].flat().map((value) => formatFlag(name, value));
    const value = defaults[name];
    return value === undefined ? [] : [formatFlag(name, value)];
  });
}

/** A flag that is a map: `a=1,b=2`, sorted by key. */
export function formatPairs(pairs: Readonly<Record<string, string | boolean>>): string {
  return Object.keys(pairs)
    .sort()
    .map((key) => `${key}=${pairs[key]}`)
    .join(',');
}
