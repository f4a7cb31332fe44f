import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBackup } from '../../src/backup/open-backup.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { type Sample, sampleBackup } from './support/sample-backup.ts';

/** The same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const places = 200;
const forms = ['zstd', 'gzip', 'encrypted'] as const;

describe.each(forms)('of a backup (%s)', (form) => {
  let sample: Sample;
  let scratch: string;
  let identityFile: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'kcluster-damage-'));
    identityFile = join(scratch, 'key');
    const identity = await generateX25519Identity();
    await writeFile(identityFile, identity);
    const recipients = form === 'encrypted' ? [await identityToRecipient(identity)] : [];
    sample = await sampleBackup({ compression: form === 'gzip' ? 'gzip' : 'zstd', recipients });
  });
  afterAll(async () => {
    await sample[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true });
  });

  /** What became of opening the pair: a message, or nothing when it was taken. */
  async function verdict(archive: Buffer, record: Buffer | undefined): Promise<string | undefined> {
    const file = join(scratch, basename(sample.archive));
    const recordFile = join(scratch, basename(sample.recordFile));
    await writeFile(file, archive);
    if (record === undefined) await rm(recordFile, { force: true });
    else await writeFile(recordFile, record);
    const target = join(scratch, 'snapshot');
    await rm(target, { force: true });
    try {
      const { record: found } = await openBackup(file, { identityFile, snapshotTo: target });
      const { archive: _found, ...manifest } = found;
      const { archive: _made, ...expected } = sample.record;
      // Taken without a record: then nothing of the content may be another.
      expect(record).toBeUndefined();
      expect(manifest).toEqual(expected);
      expect(await readFile(target)).toEqual(sample.snapshot);
      return undefined;
    } catch (error) {
      const isOtherKey = form === 'encrypted' && record === undefined && error instanceof ConfigurationError;
      if (!isOtherKey) expect(error).toMatchObject({ name: 'RefusedError', exitCode: 8, message: expect.stringMatching(/\w{3}/) });
      return error instanceof Error ? error.message : '';
    }
  }

  const flip = (bytes: Buffer, at: number, bit: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ (1 << bit);
    return copy;
  };

  test(`cut off at ${places} places it is refused`, { timeout: 120_000 }, async () => {
    const random = seeded(5);
    for (let count = 0; count < places; count++) {
      const archive = sample.bytes.subarray(0, Math.floor(random() * sample.bytes.length));
      const record = Buffer.from(JSON.stringify(sample.record));
      expect(await verdict(archive, record)).toBeDefined();
      expect(await verdict(archive, undefined)).toBeDefined();
      expect(await verdict(sample.bytes, record.subarray(0, Math.floor(random() * record.length)))).toBeDefined();
    }
  });

  test(`flipped at ${places} places it is refused, or without a record at least the same`, { timeout: 120_000 }, async () => {
    const random = seeded(6);
    const record = Buffer.from(JSON.stringify(sample.record));
    for (let count = 0; count < places; count++) {
      const archive = flip(sample.bytes, Math.floor(random() * sample.bytes.length), Math.floor(random() * 8));
      expect(await verdict(archive, record)).toBeDefined();
      await verdict(archive, undefined);
      const at = Math.floor(random() * record.length);
      const bit = Math.floor(random() * 8);
      expect([at, bit, await verdict(sample.bytes, flip(record, at, bit))]).toEqual([at, bit, expect.any(String)]);
    }
  });

  test('undamaged it is taken', async () => {
    await copyFile(sample.recordFile, join(scratch, basename(sample.recordFile)));
    await copyFile(sample.archive, join(scratch, basename(sample.archive)));
    expect((await openBackup(join(scratch, basename(sample.archive)), { identityFile })).hasRecord).toBe(true);
  });
});
