import { readFile } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import type { Credentials } from './credentials.ts';

const maxPassphraseAttempts = 3;

/** A private key ready to sign, or why the file gives none. */
export type KeyFile =
  | { readonly kind: 'key'; readonly key: ParsedKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly why: string };

/** The public half in `<file>.pub`, which needs no passphrase. */
export async function readPublicHalf(file: string): Promise<ParsedKey | undefined> {
  const text = await readIfThere(`${file}.pub`);
  const key = typeof text === 'string' ? ssh2.utils.parseKey(text) : undefined;
  return key === undefined || key instanceof Error ? undefined : key;
}

/** Reads a private key and asks for its passphrase when it has one. */
export async function readPrivateKey(file: string, credentials: Credentials): Promise<KeyFile> {
  const text = await readIfThere(file);
  if (text instanceof Error) return { kind: 'unusable', why: text.message };
  if (text === undefined) return { kind: 'missing' };
  const plain = ssh2.utils.parseKey(text);
  if (!(plain instanceof Error))
    return plain.isPrivateKey() ? { kind: 'key', key: plain } : { kind: 'unusable', why: 'it is a public key' };
  if (!/encrypted/i.test(plain.message)) return { kind: 'unusable', why: plain.message };
  return decrypt(file, text, credentials);
}

async function decrypt(file: string, text: string, credentials: Credentials): Promise<KeyFile> {
  for (let attempt = 1; attempt <= maxPassphraseAttempts; attempt++) {
    const passphrase = await credentials.passphrase(file, attempt);
    if (passphrase === undefined || passphrase === '') return { kind: 'unusable', why: 'it has a passphrase and none was given' };
    const key = ssh2.utils.parseKey(text, passphrase);
    if (!(key instanceof Error)) return { kind: 'key', key };
  }
  return { kind: 'unusable', why: 'the passphrase is wrong' };
}

async function readIfThere(file: string): Promise<string | undefined | Error> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return error instanceof Error ? error : new Error(String(error));
  }
}
