import { constants } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { type KnownHost, keyTypeOf, parseKnownHosts } from './known-hosts.ts';

/** Where ssh(1) looks by default. */
export function defaultKnownHostsFiles(home: string = homedir()): readonly string[] {
  return [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2'), '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
}

/** All entries of the files that exist. @throws ConfigurationError when one is there and cannot be read */
export async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readIfThere(file) })));
  return texts.flatMap(({ file, text }) => parseKnownHosts(text, file));
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw new ConfigurationError(`cannot read the known hosts in ${file}: ${(error as Error).message}`, {
      remedy: `Make ${file} a readable file.`,
      cause: error,
    });
  }
}

export interface KnownHostsStore {
  entries(): readonly KnownHost[];
  /** Appends one line; several adds are written one after the other. */
  add(label: string, key: Buffer): Promise<void>;
}

/** kcluster's own file: 0600, never followed through a symbolic link. */
export async function openKnownHostsStore(file: string): Promise<KnownHostsStore> {
  const entries = [...(await readKnownHosts([file]))];
  let last: Promise<void> = Promise.resolve();
  return {
    entries: () => entries,
    add(label, key) {
      const line = `${label} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
      entries.push(...parseKnownHosts(line, file));
      const append = () => appendLine(file, line);
      last = last.then(append, append);
      return last;
    },
  };
}

async function appendLine(file: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      await handle.appendFile(line);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new ConfigurationError(`cannot record the accepted host key in ${file}: ${(error as Error).message}`, {
      remedy: `Make ${file} a writable file, not a link.`,
      cause: error,
    });
  }
}
