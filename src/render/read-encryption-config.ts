import { parse } from 'yaml';

/** A key of the provider `secretbox`. */
export interface SecretboxKey {
  readonly name: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

function child(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function providersOf(text: string): readonly unknown[] {
  return list(child(parse(text), 'resources')).flatMap((resource) => list(child(resource, 'providers')));
}

/** Keys of all providers as they are written, base64. */
export function readEncryptionSecrets(text: string): readonly string[] {
  return providersOf(text)
    .flatMap((provider) => (typeof provider === 'object' && provider !== null ? Object.values(provider) : []))
    .flatMap((provider) => list(child(provider, 'keys')))
    .flatMap((entry) => {
      const secret = child(entry, 'secret');
      return typeof secret === 'string' ? [secret] : [];
    });
}

/** Keys of an EncryptionConfiguration, in the order in which they are tried; what is of another form is left out. */
export function readSecretboxKeys(text: string): readonly SecretboxKey[] {
  return providersOf(text)
    .flatMap((provider) => list(child(child(provider, 'secretbox'), 'keys')))
    .flatMap((entry) => {
      const [name, secret] = [child(entry, 'name'), child(entry, 'secret')];
      if (typeof name !== 'string' || typeof secret !== 'string') return [];
      const key = Buffer.from(secret, 'base64');
      return key.length === 32 ? [{ name, key }] : [];
    });
}
