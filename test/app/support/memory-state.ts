import type { StateDirectory } from '../../../src/app/state-directory.ts';

export interface MemoryState extends StateDirectory {
  readonly files: Map<string, string>;
}

/** A state directory without a disk. */
export function memoryState(files: Readonly<Record<string, string>> = {}): MemoryState {
  const kept = new Map(Object.entries(files));
  return {
    files: kept,
    directory: '/state/sample',
    path: (name) => `/state/sample/${name}`,
    read: async (name) => kept.get(name),
    write: async (name, text) => void kept.set(name, text),
    writeFolder: async (folder, added) => {
      for (const [name, text] of added) kept.set(`${folder}/${name}`, text);
    },
  };
}
