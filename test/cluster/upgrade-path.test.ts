import { describe, expect, test } from 'vitest';
import { hopsTo, judgeEtcdStep, reachableTargets } from '../../src/cluster/upgrade-path.ts';
import { formatVersion, parseVersion, type Version } from '../../src/cluster/version.ts';

const v = (text: string): Version => {
  const version = parseVersion(text);
  if (version === undefined) throw new RangeError(text);
  return version;
};
const known: Readonly<Record<string, string>> = { '1.35': '1.35.9', '1.36': '1.36.5', '1.37': '1.37.1' };
const newestOf = (minor: string): Version | undefined => (known[minor] === undefined ? undefined : v(known[minor]));
const shown = (versions: readonly Version[]): readonly string[] => versions.map(formatVersion);

describe('what can be reached', () => {
  test.each([
    ['1.35.4', { patch: v('1.35.9'), nextMinor: v('1.36.5'), furthest: v('1.37.1') }],
    ['1.36.5', { nextMinor: v('1.37.1') }],
    ['1.36.3', { patch: v('1.36.5'), nextMinor: v('1.37.1') }],
    ['1.37.1', {}],
    // Newer than the catalogue: nothing to offer, and nothing to go back to.
    ['1.37.4', {}],
    ['1.34.1', { nextMinor: v('1.35.9'), furthest: v('1.37.1') }],
  ])('from %s', (current, expected) => {
    expect(reachableTargets(v(current), newestOf)).toEqual(expected);
  });
});

describe('the way', () => {
  test.each([
    ['1.37.1', '1.37.1', []],
    ['1.36.3', '1.36.5', ['1.36.5']],
    ['1.36.3', '1.37.1', ['1.37.1']],
    ['1.35.4', '1.37.1', ['1.36.5', '1.37.1']],
    ['1.34.1', '1.37.0', ['1.35.9', '1.36.5', '1.37.0']],
    // The target itself need not be the newest of its minor, nor known here.
    ['1.36.5', '1.37.9', ['1.37.9']],
    ['1.37.0-rc.1', '1.37.1', ['1.37.1']],
  ])('from %s to %s', (from, to, hops) => {
    expect(shown(hopsTo(v(from), v(to), newestOf))).toEqual(hops);
  });

  test('leaves out no minor on it, for any pair', () => {
    for (let from = 35; from <= 37; from++)
      for (let to = from; to <= 37; to++) {
        const minors = [from, ...hopsTo(v(`1.${from}.0`), v(`1.${to}.1`), newestOf).map(({ minor }) => minor)];
        for (const [at, minor] of minors.entries()) expect(minor - (minors[at - 1] ?? minor)).toBeLessThanOrEqual(1);
        expect(minors.at(-1)).toBe(to);
      }
  });

  test.each([
    ['1.37.1', '1.36.5', 'is older than 1.37.1, which runs', 8],
    ['1.36.5', '1.36.3', 'is older than 1.36.5', 8],
    ['1.37.1', '2.0.0', 'another major', 8],
    ['1.33.0', '1.35.9', 'leads over 1.34, of which no release is known', 2],
  ])('from %s to %s there is none', (from, to, message, exitCode) => {
    expect(() => hopsTo(v(from), v(to), newestOf)).toThrow(
      expect.objectContaining({ exitCode, message: expect.stringContaining(message) }),
    );
  });
});

describe('etcd in one step', () => {
  test.each([
    ['3.6.16', '3.7.3', undefined],
    ['3.6.11', '3.7.0', undefined],
    ['3.6.10', '3.7.3', 'etcd 3.6.10 must be 3.6.11 or newer before it becomes 3.7.3'],
    ['3.5.32', '3.6.16', undefined],
    ['3.5.31', '3.6.16', 'etcd 3.5.31 must be 3.5.32 or newer before it becomes 3.6.16'],
    ['3.5.40', '3.7.3', 'in one step: minors must not be left out'],
    ['3.6.1', '3.6.16', undefined],
    ['3.6.16', '3.6.1', undefined],
    ['3.7.3', '3.6.16', 'data of a newer minor are not read by an older one'],
    ['3.7.3', '4.0.0', 'cannot become 4.0.0'],
  ])('%s -> %s: %s', (from, to, expected) => {
    const found = judgeEtcdStep(v(from), v(to));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(expected);
  });
});
