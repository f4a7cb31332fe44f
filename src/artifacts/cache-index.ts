import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing } from './is-missing.ts';
import { makeDurably, moveDurably } from './move-durably.ts';

const blob = { sha256: z.string(), sizeBytes: z.number() };
/** Size and modification time of a file in a mirror directory, when it was read. */
const fileState = z.strictObject({ path: z.string(), sizeBytes: z.number(), modifiedMs: z.number() });

const entrySchema = z.strictObject({
  id: z.string(),
  source: z.string(),
  ...blob,
  /** Programs taken out of the download. */
  binaries: z.array(z.strictObject({ name: z.string(), ...blob })),
  /** Files that must not have changed since; empty for downloads. */
  files: z.array(fileState),
});

export type CacheEntry = z.infer<typeof entrySchema>;
export type FileState = z.infer<typeof fileState>;

/** Says what a cached artifact consists of: one small file per artifact and source, so that two runs never mix theirs. */
export class CacheIndex {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = join(directory, 'index');
  }

  /** Undefined when absent or unreadable: then the artifact is fetched again. */
  async read(id: string, source: string): Promise<CacheEntry | undefined> {
    try {
      const result = entrySchema.safeParse(JSON.parse(await readFile(this.pathOf(id, source), 'utf8')));
      return result.success && result.data.id === id && result.data.source === source ? result.data : undefined;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Durable when it resolves. */
  async write(entry: CacheEntry): Promise<void> {
    const path = this.pathOf(entry.id, entry.source);
    await makeDurably(this.directory);
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, `${JSON.stringify(entry)}\n`);
    await moveDurably(temporary, path);
  }

  private pathOf(id: string, source: string): string {
    const key = createHash('sha256').update(`${id}\n${source}`).digest('hex').slice(0, 32);
    return join(this.directory, `${key}.json`);
  }
}
