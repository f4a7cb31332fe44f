import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { LocalPlace } from './place.ts';
import type { Shelf } from './read-shelf.ts';
import { kindOfFile, nameOfArchive } from './shelf-file.ts';

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

async function texts(directory: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const)));
}

/** A directory of this machine. One that is not there holds nothing, unless somebody named it. */
export class DirectoryPlace implements LocalPlace {
  readonly kind = 'directory';
  readonly name: string;
  readonly #isNamed: boolean;

  constructor(directory: string, isNamed: boolean) {
    this.name = directory;
    this.#isNamed = isNamed;
  }

  async shelf(): Promise<Shelf> {
    const files = await this.#list();
    const of = (kind: string): readonly string[] => files.filter((file) => kindOfFile(file) === kind);
    const size = async (file: string) => [file, (await stat(join(this.name, file))).size] as const;
    return {
      records: await texts(this.name, of('record')),
      checks: await texts(this.name, of('check')),
      archives: new Map(await Promise.all(of('archive').map(size))),
    };
  }

  async find(name: string): Promise<string | undefined> {
    const files = await this.#list();
    const file = files.find((each) => each === `${name}.json`) ?? files.find((each) => nameOfArchive(each) === name);
    return file === undefined ? undefined : join(this.name, file);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await rm(join(this.name, `${name}.json`), { force: true });
      const rest = (await this.#list()).filter((file) => nameOfArchive(file) === name || file === `${name}.checked`);
      for (const file of rest) await rm(join(this.name, file), { force: true });
    }
  }

  async #list(): Promise<readonly string[]> {
    try {
      return await readdir(this.name);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT' && !this.#isNamed) return [];
      if (codeOf(cause) === '') throw cause;
      throw new ConfigurationError(`${this.name} cannot be read (${codeOf(cause)})`, { remedy: 'name a directory with backups', cause });
    }
  }
}
