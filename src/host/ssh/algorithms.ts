import { getCiphers } from 'node:crypto';
import type { Algorithms, CipherAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';

/** Best first; SHA-1 signatures (ssh-rsa) and DSA are left out. */
const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const satisfies readonly ServerHostKeyAlgorithm[];

/** AES-GCM first: with AES in hardware about 1.5 times the speed of ChaCha20. */
function ciphers(): CipherAlgorithm[] {
  const chacha: readonly CipherAlgorithm[] = getCiphers().includes('chacha20') ? ['chacha20-poly1305@openssh.com'] : [];
  return ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', ...chacha, 'aes256-ctr', 'aes192-ctr', 'aes128-ctr'];
}

/** What is offered to a host; key types we already know of it come first, so that it shows the key we can compare. */
export function algorithmsFor(knownKeyTypes: readonly string[]): Algorithms {
  const isKnown = (algorithm: string) => knownKeyTypes.includes(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group14-sha256',
    ],
    cipher: ciphers(),
    serverHostKey: [...hostKeyAlgorithms.filter(isKnown), ...hostKeyAlgorithms.filter((algorithm) => !isKnown(algorithm))],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    compress: ['none'],
  };
}
