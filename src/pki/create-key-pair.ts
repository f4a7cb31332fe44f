import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from '../cluster/cluster.ts';

export interface KeyPair {
  /** PEM, PKCS #8: read by OpenSSL, etcd, and Kubernetes' keyutil for serving and for signing tokens. */
  readonly privateKey: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

const generate = promisify(generateKeyPair);
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;

const rsaBits = { 'rsa-2048': 2048, 'rsa-3072': 3072, 'rsa-4096': 4096 } as const satisfies Partial<Record<KeyAlgorithm, number>>;

/** A new key pair, made off the main loop. */
export async function createKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  if (algorithm === 'ecdsa-p256') return generate('ec', { namedCurve: 'prime256v1', privateKeyEncoding, publicKeyEncoding });
  return generate('rsa', { modulusLength: rsaBits[algorithm], privateKeyEncoding, publicKeyEncoding });
}
