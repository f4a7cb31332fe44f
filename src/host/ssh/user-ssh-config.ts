import { glob, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'ssh-config';
import { ConfigurationError } from '../../errors.ts';

/** What ~/.ssh/config says about one host; everything else in it is left aside. */
export interface HostEntry {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  /** With `~` and tokens as written. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Jump hosts from here outwards; empty for `none`. */
  readonly proxyJump?: readonly string[];
  readonly proxyCommand?: string;
}

export interface UserSshConfig {
  readonly file: string;
  /** The settings for a host as it is named in the inventory or a jump list. */
  entryFor(alias: string): HostEntry;
}

/** ssh stops here too (readconf.c). */
const maxIncludeDepth = 16;

/** Reads ~/.ssh/config with its includes; a missing file is an empty one. @throws ConfigurationError */
export async function readUserSshConfig(file: string = join(homedir(), '.ssh/config')): Promise<UserSshConfig> {
  const text = await readWithIncludes(file, 0);
  const config = parseConfig(text, file);
  return {
    file,
    // `Match exec` would run commands of the file: such sections never match.
    entryFor: (alias) => readEntry(config.compute(alias, { ignoreCase: true, matchExec: false })),
  };
}

function parseConfig(text: string, file: string): ReturnType<typeof parse> {
  try {
    return parse(text);
  } catch (error) {
    throw new ConfigurationError(`cannot parse ${file}: ${(error as Error).message}`, {
      remedy: `Run \`ssh -G localhost\` to see what is wrong in ${file}.`,
      cause: error,
    });
  }
}

async function readWithIncludes(file: string, depth: number): Promise<string> {
  if (depth > maxIncludeDepth)
    throw new ConfigurationError(`too many nested Include lines, last in ${file}`, { remedy: 'Remove the circle.' });
  const lines = (await readIfThere(file)).split(/\r?\n/);
  const expanded = await Promise.all(lines.map((line) => expandInclude(line, file, depth)));
  return expanded.join('\n');
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ConfigurationError(`cannot read ${file}: ${(error as Error).message}`, { remedy: `Make ${file} readable.`, cause: error });
  }
}

async function expandInclude(line: string, file: string, depth: number): Promise<string> {
  const patterns = /^\s*include[\s=]+(.+)$/i.exec(line)?.[1];
  if (patterns === undefined) return line;
  const files: string[] = [];
  for (const pattern of patterns.trim().split(/\s+/)) {
    const path = expandHome(pattern.replace(/^"(.*)"$/, '$1'), homedir());
    const absolute = isAbsolute(path) ? path : join(dirname(file), path);
    for await (const match of glob(absolute)) files.push(match);
  }
  const texts = await Promise.all(files.sort().map((name) => readWithIncludes(name, depth + 1)));
  return texts.join('\n');
}

function readEntry(values: Readonly<Record<string, string | readonly string[]>>): HostEntry {
  const one = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : value?.[0];
  };
  const jump = one('proxyjump');
  const port = Number(one('port'));
  const hostName = one('hostname');
  const user = one('user');
  const proxyCommand = one('proxycommand');
  const identityFiles = values.identityfile ?? [];
  return {
    identityFiles: typeof identityFiles === 'string' ? [identityFiles] : identityFiles,
    identitiesOnly: one('identitiesonly')?.toLowerCase() === 'yes',
    ...(hostName === undefined ? {} : { hostName }),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 ? { port } : {}),
    ...(user === undefined ? {} : { user }),
    ...(jump === undefined ? {} : { proxyJump: jump.toLowerCase() === 'none' ? [] : jump.split(',').map((hop) => hop.trim()) }),
    ...(proxyCommand === undefined || proxyCommand.toLowerCase() === 'none' ? {} : { proxyCommand }),
  };
}

export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
