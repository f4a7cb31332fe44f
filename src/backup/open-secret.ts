import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { RefusedError } from '../errors.ts';
import { readSecretboxKeys } from '../render/read-encryption-config.ts';

const prefix = /^k8s:enc:([a-z0-9]+):v\d+:(?:([^:]+):)?/;
const nonceBytes = 24;
const remedy = 'use a backup whose encryption-config.yaml belongs to its snapshot';

/** How a stored object was read. */
export interface OpenedSecret {
  /** Name of the key that opened it; absent: it is stored in the clear. */
  readonly key?: string;
}

/** What a decrypted or a plain object begins with: protobuf of Kubernetes, or JSON. */
const isObject = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'k8s\0' || bytes[0] === 0x7b;

/**
 * Opens one object as the API server stored it, with the keys of a backup; its content goes nowhere.
 * @throws RefusedError when no key opens it
 */
export function openSecret(stored: Buffer, encryptionConfig: string): OpenedSecret {
  const found = prefix.exec(stored.subarray(0, 200).toString('latin1'));
  if (found === null) {
    if (isObject(stored)) return {};
    throw new RefusedError('the Secret that was tried is neither encrypted nor an object', { remedy });
  }
  const [head, provider = '', name = ''] = found;
  if (provider !== 'secretbox')
    throw new RefusedError(`the Secret that was tried is encrypted with ${provider}, which kcluster does not read`, { remedy });
  const key = readSecretboxKeys(encryptionConfig).find((each) => each.name === name);
  if (key === undefined) throw new RefusedError(`Secrets are encrypted with the key ${name}, which the backup does not hold`, { remedy });
  const box = stored.subarray(head.length);
  try {
    const plain = xsalsa20poly1305(key.key, box.subarray(0, nonceBytes)).decrypt(box.subarray(nonceBytes));
    if (isObject(plain)) return { key: name };
  } catch (cause) {
    throw new RefusedError(`Secrets cannot be read: the key ${name} of the backup does not open them`, { remedy, cause });
  }
  throw new RefusedError('the Secret that was tried is no object once it is decrypted', { remedy });
}
