/** Random bytes, as `randomBytes` of node:crypto gives them. */
export type Entropy = (sizeBytes: number) => Uint8Array;

const serialBytes = 16;
const backdateMs = 5 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** 126 random bits of 16 octets: always positive, never shortened, within the 20 octets of RFC 5280 §4.1.2.2. */
export function serialNumber(entropy: Entropy): Uint8Array {
  const serial = Uint8Array.from(entropy(serialBytes));
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** Begins five minutes back, for hosts whose clocks are behind. */
export function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - backdateMs), notAfter: new Date(now.getTime() + days * dayMs) };
}
