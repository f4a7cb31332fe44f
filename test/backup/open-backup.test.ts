import { readdirSync, statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { openBackup } from '../../src/backup/open-backup.ts';
import { type SampleOptions, sampleBackup, sampleFiles, sha256 } from './support/sample-backup.ts';

const texts = (files: ReadonlyMap<string, Buffer>) => Object.fromEntries([...files].map(([path, content]) => [path, content.toString()]));

describe.each(['zstd', 'gzip'] as const)('a backup packed with %s', (compression) => {
  test('opens by its archive and by its record', async () => {
    await using sample = await sampleBackup({ compression });
    for (const file of [sample.archive, sample.recordFile]) {
      const opened = await openBackup(file);
      expect(opened).toMatchObject({ record: sample.record, hasRecord: true, archive: sample.archive });
      expect(texts(opened.files())).toEqual(sampleFiles);
    }
  });

  test('opens without its record', async () => {
    await using sample = await sampleBackup({ compression });
    await rm(sample.recordFile);
    const opened = await openBackup(sample.archive);
    expect([opened.record, opened.hasRecord]).toEqual([sample.record, false]);
  });

  test('gives its snapshot, and its digest as a file, in the same pass', async () => {
    await using sample = await sampleBackup({ compression });
    const progress: (readonly [number, number])[] = [];
    const file = join(sample.directory, 'snapshot');
    const opened = await openBackup(sample.archive, { snapshotTo: file, onProgress: (done, total) => progress.push([done, total]) });
    expect(await readFile(file)).toEqual(sample.snapshot);
    expect(opened.snapshotSha256).toBe(sha256(sample.snapshot));
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(progress.at(-1)).toEqual([sample.bytes.length, sample.bytes.length]);
    expect(readdirSync(sample.directory).length).toBe(3);
  });
});

describe('an encrypted backup', () => {
  async function encrypted() {
    const identity = await generateX25519Identity();
    const sample = await sampleBackup({ recipients: [await identityToRecipient(identity)] });
    const identityFile = join(sample.directory, 'key');
    await writeFile(identityFile, `# made today\n${identity}\n`);
    return { sample, identityFile };
  }

  test('opens with its key', async () => {
    const { sample, identityFile } = await encrypted();
    await using _ = sample;
    expect(texts((await openBackup(sample.archive, { identityFile })).files())).toEqual(sampleFiles);
  });

  test('asks for the key, and for the right one', async () => {
    const { sample, identityFile } = await encrypted();
    await using _ = sample;
    await expect(openBackup(sample.archive)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('is encrypted') });
    await writeFile(identityFile, await generateX25519Identity());
    await expect(openBackup(sample.archive, { identityFile })).rejects.toMatchObject({
      exitCode: 2,
      message: /none of the given private keys/,
    });
  });
});

test.each<[string, SampleOptions, RegExp]>([
  [
    'a foreign entry',
    { entries: (all) => [...all, { path: 'host/x', content: Buffer.from('x') }] },
    /host\/x in it is not in its manifest/,
  ],
  ['an absolute path', { entries: (all) => [...all, { path: '/etc/passwd', content: Buffer.from('x') }] }, /not in its manifest/],
  [
    'a way out that is listed',
    {
      manifest: (manifest) => ({ ...manifest, files: [...manifest.files, { path: '../x', sizeBytes: 1, sha256: 'a'.repeat(64) }] }),
    },
    /files\.4\.path: leads out of the archive/,
  ],
  ['an entry twice', { entries: (all) => [...all, ...all.slice(-1)] }, /holds host\/etc\/kubernetes\/pki\/ca.key twice/],
  ['a missing file', { entries: (all) => all.slice(0, -1) }, /it lacks host\/etc\/kubernetes\/pki\/ca.key/],
  ['no snapshot', { entries: (all) => all.filter(({ path }) => path !== 'snapshot.db') }, /it lacks snapshot.db/],
  ['a manifest that is not first', { entries: (all) => all.toReversed() }, /does not begin with a manifest/],
  ['no entries', { entries: () => [] }, /it holds nothing/],
  [
    'another file',
    { entries: (all) => all.with(-1, { path: 'host/etc/kubernetes/pki/ca.key', content: Buffer.from('y') }) },
    /not what its manifest says/,
  ],
  ['a link', { entries: (all) => [...all, { path: 'l', content: Buffer.alloc(0), type: '2' }] }, /no plain file/],
  ['something behind its end', { tar: (bytes) => Buffer.concat([bytes, Buffer.from('x')]) }, /follows behind its end/],
  ['no end', { tar: (bytes) => bytes.subarray(0, -10_240) }, /ends too early/],
  [
    'a file that is too large',
    { entries: (all) => [...all, { path: 'x', content: Buffer.alloc(1024 * 1024 + 1) }] },
    /larger than 1048576 bytes/,
  ],
  ['a manifest of later times', { manifest: (manifest) => ({ ...manifest, apiVersion: 'kcluster/v2' }) }, /apiVersion: /],
  ['a foreign authority', { manifest: (manifest) => ({ ...manifest, clusterId: 'a'.repeat(64) }) }, /not that of its cluster/],
  [
    'another snapshot',
    { manifest: ({ snapshot, ...rest }) => ({ ...rest, snapshot: { ...snapshot, sha256: 'a'.repeat(64) } }) },
    /another one than/,
  ],
])('with %s it is refused, with its record and without', async (_, options, message) => {
  await using sample = await sampleBackup(options);
  const target = join(sample.directory, 'snapshot');
  const refused = { name: 'RefusedError', exitCode: 8, message };
  await expect(openBackup(sample.archive, { snapshotTo: target })).rejects.toMatchObject(refused);
  await rm(sample.recordFile);
  await expect(openBackup(sample.archive, { snapshotTo: target })).rejects.toMatchObject(refused);
  expect(readdirSync(sample.directory)).toEqual([sample.record.archive.file]);
});

test('a snapshot whose bytes are not those of its digest is refused', async () => {
  const { sampleSnapshot } = await import('./support/sample-backup.ts');
  const snapshot = sampleSnapshot();
  snapshot[1000] = (snapshot[1000] ?? 0) ^ 1;
  await using sample = await sampleBackup({ snapshot });
  await expect(openBackup(sample.archive)).rejects.toMatchObject({ exitCode: 8, message: /not what etcd wrote/ });
});

test.each<[string, string | undefined, RegExp, number]>([
  ['nothing', '', /is empty: 0 bytes|0 bytes instead of/, 8],
  ['text', 'hello, world', /neither zstd nor gzip nor age|bytes instead of/, 8],
  ['no file', undefined, /there is no|is missing/, 2],
])('instead of an archive %s', async (_, content, message, exitCode) => {
  await using sample = await sampleBackup();
  if (content === undefined) await rm(sample.archive);
  else await writeFile(sample.archive, content);
  await expect(openBackup(sample.archive)).rejects.toMatchObject({ exitCode, message });
  await expect(openBackup(sample.recordFile)).rejects.toMatchObject({ exitCode: 8, message });
  await rm(sample.recordFile);
  await expect(openBackup(sample.archive)).rejects.toMatchObject({ exitCode, message });
});

test('an archive and a record that do not belong together are refused', async () => {
  await using sample = await sampleBackup();
  await using other = await sampleBackup({ snapshot: (await import('./support/sample-backup.ts')).sampleSnapshot(41) });
  await writeFile(sample.archive, other.bytes);
  await expect(openBackup(sample.archive)).rejects.toMatchObject({ exitCode: 8 });
});

test('reading stops when it is told to', async () => {
  await using sample = await sampleBackup();
  const target = join(sample.directory, 'snapshot');
  await expect(openBackup(sample.archive, { snapshotTo: target, signal: AbortSignal.abort() })).rejects.toMatchObject({ exitCode: 130 });
  expect(readdirSync(sample.directory)).not.toContain('snapshot');
});
