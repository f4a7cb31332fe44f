import { describe, expect, test } from 'vitest';
import { parseChecksum } from '../../src/artifacts/parse-checksum.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

const clearSigned = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

${a}  runc.amd64
${b}  runc.arm64
-----BEGIN PGP SIGNATURE-----

iQIzBAEBCgAdFiEEwjXbW2UX3nYU8mAn
=abcd
-----END PGP SIGNATURE-----
`;

describe('finds the digest of a file in', () => {
  test.each([
    ['a bare digest', a, 'kubelet', a],
    ['a bare digest with a line end', `${a}\n`, 'kubelet', a],
    ['a bare digest from Windows', `${a}\r\n`, 'kubelet', a],
    ['upper case', 'A'.repeat(64), 'kubelet', a],
    ['digest and name', `${a}  containerd.tar.gz\n`, 'containerd.tar.gz', a],
    ['digest and binary mark', `${a} *containerd.tar.gz\n`, 'containerd.tar.gz', a],
    ['digest and path', `${a}  ./release/containerd.tar.gz`, 'containerd.tar.gz', a],
    ['a list', `${a}  one.tar.gz\n${b}  two.tar.gz\n`, 'two.tar.gz', b],
    ['a clear-signed list', clearSigned, 'runc.arm64', b],
    ['a list with a title', `### SHA256SUMS\n${b}  two.tar.gz\n`, 'two.tar.gz', b],
    ['a name rather than a bare digest above it', `${a}\n${b}  two.tar.gz\n`, 'two.tar.gz', b],
  ])('%s', (_, text, file, digest) => {
    expect(parseChecksum(text, file)).toBe(digest);
  });
});

describe('finds nothing in', () => {
  test.each([
    ['nothing', '', 'kubelet'],
    ['a list without the file', `${a}  one.tar.gz\n${b}  two.tar.gz\n`, 'three.tar.gz'],
    ['a name that only ends alike', `${a}  my-one.tar.gz\n`, 'one.tar.gz'],
    ['a SHA-512', 'c'.repeat(128), 'kubelet'],
    ['a digest that is cut off', 'a'.repeat(63), 'kubelet'],
    ['a web page', `<html><body><p>${a}</p></body></html>`, 'kubelet'],
    ['a sentence with a digest', `${a} is the digest of kubelet`, 'kubelet'],
  ])('%s', (_, text, file) => {
    expect(parseChecksum(text, file)).toBeUndefined();
  });
});
