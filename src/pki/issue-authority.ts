import { createPrivateKey } from 'node:crypto';
import type { KeyAlgorithm } from '../cluster/cluster.ts';
import { createKeyPair } from './create-key-pair.ts';
import { distinguishedName, encodeCertificate, keyIdentifier } from './encode-certificate.ts';
import { type Entropy, serialNumber, validity } from './entropy.ts';
import { authorityKeyIdentifier, basicConstraints, keyUsage, subjectKeyIdentifier } from './extensions.ts';

export interface AuthorityRequest {
  readonly commonName: string;
  readonly days: number;
  readonly keyAlgorithm: KeyAlgorithm;
}

/** A certificate and its private key, both PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** A new self-signed authority that may sign leaves. */
export async function issueAuthority(request: AuthorityRequest, entropy: Entropy, now: Date): Promise<Issued> {
  const { privateKey, publicKey } = await createKeyPair(request.keyAlgorithm);
  const name = distinguishedName(request.commonName, []);
  const identifier = keyIdentifier(publicKey);
  const content = {
    serial: serialNumber(entropy),
    issuer: name,
    subject: name,
    ...validity(now, request.days),
    publicKey,
    extensions: [
      basicConstraints(true),
      keyUsage('digitalSignature', 'keyCertSign', 'cRLSign'),
      subjectKeyIdentifier(identifier),
      authorityKeyIdentifier(identifier),
    ],
  };
  return { certificate: await encodeCertificate(content, createPrivateKey(privateKey)), key: privateKey };
}
