import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Encrypter } from 'age-encryption';
import { z } from 'zod';
import { ConfigurationError, RefusedError } from '../errors.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256');
const hex = z.string().regex(/^[0-9a-f]{1,16}$/, 'is no hexadecimal id');
const size = z.int().nonnegative();
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, 'is no name');
/** Relative, without a way out. */
const path = z
  .string()
  .regex(/^[A-Za-z0-9._/-]+$/, 'is no path')
  .refine((text) => text.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'leads out of the archive');

/** A key has digits that check the others: one wrong letter shows. */
function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}

const manifestFields = {
  apiVersion: z.literal('kcluster/v1alpha1'),
  kind: z.literal('Backup'),
  name,
  cluster: name,
  /** sha256 of the file /etc/kubernetes/pki/ca.crt. */
  clusterId: sha256,
  etcdClusterId: hex,
  takenAt: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'is no time'),
  /** Whose host made it, and the member of etcd that gave the snapshot. */
  node: name,
  member: z.string(),
  /** `sizeBytes` is that of the file; `sha256` that of the database in it, which etcd puts behind it as 32 bytes. */
  snapshot: z.object({ sizeBytes: size, sha256, hash: z.int(), revision: z.int().positive(), keys: z.int().positive() }),
  versions: z.record(z.string(), z.string()),
  members: z.array(z.object({ name: z.string(), id: hex, peerURLs: z.array(z.string()) })),
  files: z.array(z.object({ path, sizeBytes: size, sha256 })),
} as const;

const manifestSchema = z.object(manifestFields);
const recordSchema = z.object({
  ...manifestFields,
  archive: z.object({
    file: name,
    sizeBytes: size.min(1),
    sha256,
    compression: z.enum(['zstd', 'gzip']),
    encryptedTo: z.array(z.string().refine(isRecipient, 'is no public key of age')),
  }),
});

/** What an archive says about itself. */
export type BackupManifest = z.infer<typeof manifestSchema>;
/** The manifest and the archive that holds it; written beside the archive, last. */
export type BackupRecord = z.infer<typeof recordSchema>;

const maxRecordBytes = 1024 * 1024;

function parse<T>(schema: z.ZodType<T>, text: string, source: string, what: string): T {
  const refuse = (why: string): RefusedError =>
    new RefusedError(`${source} is no ${what} of a backup: ${why}`, { remedy: 'Use another copy of this backup, or another backup.' });
  if (text.trim() === '') throw refuse('it is empty');
  if (text.length > maxRecordBytes) throw refuse(`it is larger than ${maxRecordBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(`it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  throw refuse(`${first === undefined || first.path.length === 0 ? 'it' : first.path.join('.')}: ${first?.message ?? 'unknown'}`);
}

/** @throws RefusedError that says what is wrong with it */
export function parseRecord(text: string, source: string): BackupRecord {
  return parse(recordSchema, text, source, 'record');
}

/** @throws RefusedError that says what is wrong with it */
export function parseManifest(text: string, source: string): BackupManifest {
  return parse(manifestSchema, text, source, 'manifest');
}

/** @throws ConfigurationError when it cannot be read, RefusedError when it is none */
export async function readRecord(file: string): Promise<BackupRecord> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigurationError(`${file} cannot be read`, { remedy: 'give the record or the archive of a backup', cause });
  });
  return parseRecord(text, basename(file));
}
