import semver from 'semver';

/** A release such as `1.37.1`; parsed once, never compared as text. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `rc.1` of `1.38.0-rc.1`; empty for a release. */
  readonly prerelease: string;
}

/** Reads `1.37.1` or `v1.37.1`; undefined when it is not a full version. */
export function parseVersion(text: string): Version | undefined {
  const parsed = semver.parse(text);
  if (parsed === null) return undefined;
  return { major: parsed.major, minor: parsed.minor, patch: parsed.patch, prerelease: parsed.prerelease.join('.') };
}

export function formatVersion(version: Version): string {
  const core = `${version.major}.${version.minor}.${version.patch}`;
  return version.prerelease === '' ? core : `${core}-${version.prerelease}`;
}

/** `1.37` of `1.37.1`: the key of skew rules and catalogue maps. */
export function minorOf(version: Version): string {
  return `${version.major}.${version.minor}`;
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersions(a: Version, b: Version): number {
  return semver.compare(formatVersion(a), formatVersion(b));
}
