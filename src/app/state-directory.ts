import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What is kept beside the inventory for one cluster: a cache that any control-plane host can give back. All of it 0600/0700. */
export interface StateDirectory {
  readonly directory: string;
  path(name: string): string;
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all, and durable. */
  write(name: string, text: string): Promise<void>;
}

async function writeDurably(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** `.kcluster/<cluster>/` beside the inventory; git is told to leave it alone. */
export async function openStateDirectory(inventoryFile: string, clusterName: string): Promise<StateDirectory> {
  const root = path.join(path.dirname(path.resolve(inventoryFile)), '.kcluster');
  const directory = path.join(root, clusterName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path.join(root, '.gitignore'), '*\n', { mode: 0o600 });
  const at = (name: string): string => path.join(directory, name);
  return {
    directory,
    path: at,
    read: async (name) => {
      try {
        return await readFile(at(name), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: async (name, text) => {
      await mkdir(path.dirname(at(name)), { recursive: true, mode: 0o700 });
      await writeDurably(at(name), text);
    },
  };
}
