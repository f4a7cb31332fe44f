import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../errors.ts';

/** What is kept beside the inventory for one cluster: a cache that any control-plane host can give back. All of it 0600/0700. */
export interface StateDirectory {
  readonly directory: string;
  path(name: string): string;
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all, and durable. */
  write(name: string, text: string): Promise<void>;
  /** Several files of one folder, durable; a folder that was not there appears with all of them or not at all. */
  writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void>;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Runs what touches the disk. @throws ConfigurationError instead of a bare system error */
async function orExplain<T>(verb: 'written' | 'read', file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = codeOf(cause);
    if (code === '') throw cause;
    throw new ConfigurationError(`${file} cannot be ${verb} (${code})`, {
      remedy: 'let your user write the folder .kcluster beside the inventory; or put the inventory into a folder of your own',
      cause,
    });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}

async function writeSynced(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

async function writeDurably(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeSynced(temporary, text);
  await rename(temporary, file);
  await syncDirectory(path.dirname(file));
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

async function writeNewFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const temporary = `${folder}.${process.pid}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  for (const [name, text] of files) await writeSynced(path.join(temporary, name), text);
  await syncDirectory(temporary);
  await rename(temporary, folder);
  await syncDirectory(path.dirname(folder));
}

/** `.kcluster/<cluster>/` beside the inventory; git is told to leave it alone. @throws ConfigurationError when it cannot be used */
export async function openStateDirectory(inventoryFile: string, clusterName: string): Promise<StateDirectory> {
  const root = path.join(path.dirname(path.resolve(inventoryFile)), '.kcluster');
  const directory = path.join(root, clusterName);
  const at = (name: string): string => path.join(directory, name);
  await orExplain('written', directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(path.join(root, '.gitignore'), '*\n', { mode: 0o600 });
  });
  return {
    directory,
    path: at,
    read: (name) =>
      orExplain('read', at(name), async () => {
        try {
          return await readFile(at(name), 'utf8');
        } catch (error) {
          if (codeOf(error) === 'ENOENT') return undefined;
          throw error;
        }
      }),
    write: (name, text) => orExplain('written', at(name), () => writeDurably(at(name), text)),
    writeFolder: (folder, files) =>
      orExplain('written', at(folder), async () => {
        if (!(await exists(at(folder)))) return writeNewFolder(at(folder), files);
        for (const [name, text] of files) await writeDurably(path.join(at(folder), name), text);
      }),
  };
}
