import ipaddr from 'ipaddr.js';
import { Memo } from './memo.ts';

export type Family = 4 | 6;

/** A range of addresses, host bits zero. */
export interface CIDR {
  readonly family: Family;
  /** Network address as a number. */
  readonly base: bigint;
  readonly prefixLength: number;
}

const bitsOf = { 4: 32, 6: 128 } as const;
const octet = '(?:0|[1-9][0-9]{0,2})';
const fourOctets = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

interface Literal {
  readonly family: Family;
  readonly value: bigint;
}

/** The addresses of a cluster are read again and again, once for each node and component. */
const maxKept = 10_000;
const literals = new Memo<Literal | undefined>(maxKept);
const canonicals = new Memo<string>(maxKept);

const parseLiteral = (text: string): Literal | undefined => literals.of(text, () => readLiteral(text));

function readLiteral(text: string): Literal | undefined {
  const isFour = fourOctets.test(text) && ipaddr.IPv4.isValid(text);
  // Zones such as %eth0 are no part of a cluster's addresses.
  const isSix = text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text);
  if (!isFour && !isSix) return undefined;
  const bytes = ipaddr.parse(text).toByteArray();
  return { family: isFour ? 4 : 6, value: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) };
}

function formatAddress(family: Family, value: bigint): string {
  const bytes = Array.from({ length: bitsOf[family] / 8 }, (_, index) => Number((value >> BigInt(bitsOf[family] - 8 - 8 * index)) & 0xffn));
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

const sizeOf = (range: CIDR): bigint => 1n << BigInt(bitsOf[range.family] - range.prefixLength);

function rangeOf(text: string): CIDR {
  const range = parseCIDR(text);
  if (range === undefined) throw new RangeError(`${text} is not a range of addresses`);
  return range;
}

/** 4 or 6 for an address literal, undefined for anything else; leading zeros, short forms and zones are no literals. */
export function addressFamily(text: string): Family | undefined {
  return parseLiteral(text)?.family;
}

/** The one way of writing an address (RFC 5952 for IPv6); other text comes back as it is. */
export function canonicalAddress(text: string): string {
  const literal = parseLiteral(text);
  return literal === undefined ? text : canonicals.of(text, () => formatAddress(literal.family, literal.value));
}

/** Reads `10.244.0.0/16` or `fd00::/48`, dropping host bits; undefined when it is no range. */
export function parseCIDR(text: string): CIDR | undefined {
  const match = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text);
  const literal = match?.[1] === undefined ? undefined : parseLiteral(match[1]);
  const prefixLength = Number(match?.[2]);
  if (literal === undefined || prefixLength > bitsOf[literal.family]) return undefined;
  const hostBits = BigInt(bitsOf[literal.family] - prefixLength);
  return { family: literal.family, base: (literal.value >> hostBits) << hostBits, prefixLength };
}

export function formatCIDR(range: CIDR): string {
  return `${formatAddress(range.family, range.base)}/${range.prefixLength}`;
}

/** `10.244.3.0/16` becomes `10.244.0.0/16`. @throws RangeError when the text is no range */
export function canonicalCIDR(cidr: string): string {
  return formatCIDR(rangeOf(cidr));
}

/** Family of a range. @throws RangeError when the text is no range */
export function cidrFamily(cidr: string): Family {
  return rangeOf(cidr).family;
}

/** True when the ranges share an address; ranges of two families never do. @throws RangeError when a text is no range */
export function overlaps(a: string, b: string): boolean {
  const [one, other] = [rangeOf(a), rangeOf(b)];
  return one.family === other.family && one.base < other.base + sizeOf(other) && other.base < one.base + sizeOf(one);
}

/** True when the address lies in the range. @throws RangeError when the range is none */
export function contains(cidr: string, address: string): boolean {
  const range = rangeOf(cidr);
  const literal = parseLiteral(address);
  if (literal?.family !== range.family) return false;
  return literal.value >= range.base && literal.value < range.base + sizeOf(range);
}

/** The nth address, counted from the network address (0). @throws RangeError when the range has no such address */
export function nthAddress(cidr: string, n: number): string {
  const range = rangeOf(cidr);
  if (n < 0 || BigInt(n) >= sizeOf(range)) throw new RangeError(`${cidr} has no address ${n}`);
  return formatAddress(range.family, range.base + BigInt(n));
}

/** How many subnets of that prefix length fit; 0 when the subnet is wider than the range. */
export function subnetCount(cidr: string, prefixLength: number): number {
  const range = rangeOf(cidr);
  if (prefixLength < range.prefixLength || prefixLength > bitsOf[range.family]) return 0;
  return 2 ** (prefixLength - range.prefixLength);
}

/** The subnet of that prefix length at an index, counted from 0. @throws RangeError when the range has no such subnet */
export function subnetAt(cidr: string, prefixLength: number, index: number): string {
  const range = rangeOf(cidr);
  if (index < 0 || index >= subnetCount(cidr, prefixLength)) throw new RangeError(`${cidr} has no /${prefixLength} number ${index}`);
  const step = 1n << BigInt(bitsOf[range.family] - prefixLength);
  return formatCIDR({ family: range.family, base: range.base + BigInt(index) * step, prefixLength });
}
