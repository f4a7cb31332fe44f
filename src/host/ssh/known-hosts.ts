import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One usable line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** Comma-separated patterns, or one hashed name `|1|salt|hash`. */
  readonly patterns: readonly string[];
  readonly keyType: string;
  readonly key: Buffer;
  /** `file:line`, for messages. */
  readonly source: string;
}

/** Lines that make no sense are skipped, as ssh does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => parseLine(line, `${file}:${index + 1}`));
}

function parseLine(line: string, source: string): readonly KnownHost[] {
  const words = line.trim().split(/\s+/);
  const marker = markerOf(words[0] ?? '');
  if (marker === undefined) return [];
  const [names, keyType, base64] = marker === 'none' ? words : words.slice(1);
  if (names === undefined || keyType === undefined || base64 === undefined) return [];
  const key = Buffer.from(base64, 'base64');
  return keyTypeOf(key) === keyType ? [{ marker, patterns: names.split(','), keyType, key, source }] : [];
}

function markerOf(word: string): KnownHost['marker'] | undefined {
  if (word === '@revoked') return 'revoked';
  if (word === '@cert-authority') return 'cert-authority';
  return word === '' || word.startsWith('#') || word.startsWith('@') ? undefined : 'none';
}

/** How known_hosts writes an address: `host`, or `[host]:port` when the port is not 22. */
export function hostLabel(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Whether the line speaks about that label; a negated pattern (`!name`) that matches rules it out. */
export function matchesLabel(known: KnownHost, label: string): boolean {
  const hits = known.patterns.map((pattern) => matchPattern(pattern, label));
  return !hits.includes('negated') && hits.includes('match');
}

function matchPattern(pattern: string, label: string): 'match' | 'negated' | 'none' {
  if (pattern.startsWith('|1|')) return matchesHash(pattern, label) ? 'match' : 'none';
  const negated = pattern.startsWith('!');
  return matchesGlob((negated ? pattern.slice(1) : pattern).toLowerCase(), label) ? (negated ? 'negated' : 'match') : 'none';
}

function matchesHash(pattern: string, label: string): boolean {
  const [salt, hash] = pattern.slice(3).split('|');
  if (salt === undefined || hash === undefined) return false;
  const wanted = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(label).digest();
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** `*` and `?` only, matched without backtracking blow-up. */
function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let starAt = -1;
  let resumeAt = 0;
  for (let t = 0; t < text.length; ) {
    if (p < pattern.length && pattern[p] !== '*' && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (pattern[p] === '*') {
      starAt = p++;
      resumeAt = t;
    } else if (starAt !== -1) {
      p = starAt + 1;
      t = ++resumeAt;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(p));
}

/** The type named inside a public key blob (RFC 4253 §6.6); empty when it is none. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? '' : key.subarray(4, 4 + length).toString('latin1');
}

/** `SHA256:…` as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
