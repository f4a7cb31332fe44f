import ipaddr from 'ipaddr.js';
import forge from 'node-forge';
import type { LeafRequest, Usage } from './certificate-table.ts';
import { type Extension, objectIdentifier, objectIdentifiers, octets, primitive, sequence, tagged } from './encode-certificate.ts';

const { Type } = forge.asn1;

/** Bits of RFC 5280 §4.2.1.3, counted from the left. */
const keyUsageBits = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;
const purposes: Readonly<Record<Usage, string>> = { client: objectIdentifiers.clientAuth, server: objectIdentifiers.serverAuth };
const generalName = { dnsName: 2, ipAddress: 7 } as const;

export function basicConstraints(isAuthority: boolean): Extension {
  // An authority of kcluster signs leaves only: no path below it.
  const value = isAuthority ? sequence(primitive(Type.BOOLEAN, '\xff'), primitive(Type.INTEGER, '\0')) : sequence();
  return { id: objectIdentifiers.basicConstraints, critical: true, value };
}

export function keyUsage(...usages: readonly (keyof typeof keyUsageBits)[]): Extension {
  const bits: readonly number[] = usages.map((usage) => keyUsageBits[usage]);
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  const unusedBits = 7 - Math.max(...bits);
  return { id: objectIdentifiers.keyUsage, critical: true, value: primitive(Type.BITSTRING, String.fromCharCode(unusedBits, octet)) };
}

export function extendedKeyUsage(usages: readonly Usage[]): Extension {
  return {
    id: objectIdentifiers.extendedKeyUsage,
    critical: false,
    value: sequence(...usages.map((usage) => objectIdentifier(purposes[usage]))),
  };
}

/** None when there is nothing to name: an empty list is no valid extension. */
export function subjectAltNames({ names, addresses }: Pick<LeafRequest, 'names' | 'addresses'>): Extension[] {
  if (names.length + addresses.length === 0) return [];
  const value = sequence(
    ...names.map((name) => tagged(generalName.dnsName, false, name)),
    ...addresses.map((address) => tagged(generalName.ipAddress, false, String.fromCharCode(...ipaddr.parse(address).toByteArray()))),
  );
  return [{ id: objectIdentifiers.subjectAltName, critical: false, value }];
}

export function subjectKeyIdentifier(identifier: string): Extension {
  return { id: objectIdentifiers.subjectKeyIdentifier, critical: false, value: octets(identifier) };
}

export function authorityKeyIdentifier(identifier: string): Extension {
  return { id: objectIdentifiers.authorityKeyIdentifier, critical: false, value: sequence(tagged(0, false, identifier)) };
}
