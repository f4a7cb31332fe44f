import type { LeafRequest } from './certificate-table.ts';
import { createKeyPair } from './create-key-pair.ts';
import { distinguishedName, encodeCertificate, keyIdentifier } from './encode-certificate.ts';
import { type Entropy, serialNumber, validity } from './entropy.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltNames,
  subjectKeyIdentifier,
} from './extensions.ts';
import type { Issued } from './issue-authority.ts';
import { readAuthority } from './read-authority.ts';

/**
 * A new key and the certificate for it, which ends no later than its authority.
 *
 * @throws ConfigurationError when the authority cannot sign
 */
export async function issueLeaf(request: LeafRequest, authority: Issued, entropy: Entropy, now: Date): Promise<Issued> {
  const signer = readAuthority(authority, now);
  const { privateKey, publicKey } = await createKeyPair(request.keyAlgorithm);
  const { notBefore, notAfter } = validity(now, request.days);
  // RSA keys may also carry a session key; ECDSA keys only sign.
  const isRsa = request.keyAlgorithm !== 'ecdsa-p256';
  const content = {
    serial: serialNumber(entropy),
    issuer: signer.name,
    subject: distinguishedName(request.commonName, request.organizations),
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), signer.notAfter.getTime())),
    publicKey,
    extensions: [
      basicConstraints(false),
      isRsa ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature'),
      extendedKeyUsage(request.usages),
      subjectKeyIdentifier(keyIdentifier(publicKey)),
      authorityKeyIdentifier(signer.keyIdentifier),
      ...subjectAltNames(request),
    ],
  };
  return { certificate: await encodeCertificate(content, signer.key), key: privateKey };
}
