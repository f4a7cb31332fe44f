import { compareVersions, parseVersion, type Version } from '../../cluster/version.ts';
import type { Action } from '../action.ts';
import { hostPaths, runningPrograms } from '../host-paths.ts';
import type { OldReleasesResource } from '../resource.ts';
import type { Kind } from './kind.ts';
import { readManifest } from './ownership.ts';

interface Program {
  readonly path: string;
  readonly component: string;
  readonly release: string;
  readonly version: Version;
}

function programOf(name: string): readonly Program[] {
  const [component = '', release = ''] = name.split('/');
  const version = parseVersion(release);
  return version === undefined ? [] : [{ path: `${hostPaths.programs}/${name}`, component, release, version }];
}

/** The newest release that is older than the one in use: what a way back leads to. Newer ones were sent ahead, or were taken back. */
function releaseBefore(programs: readonly Program[], inUse: Version): Version | undefined {
  const older = programs.map(({ version }) => version).filter((version) => compareVersions(version, inUse) < 0);
  return older.toSorted(compareVersions).at(-1);
}

function oldOf(all: readonly Program[], component: string, release: string): readonly Program[] {
  const programs = all.filter((program) => program.component === component);
  const inUse = parseVersion(release);
  const before = inUse === undefined ? undefined : releaseBefore(programs, inUse);
  return before === undefined ? [] : programs.filter(({ version }) => compareVersions(version, before) < 0);
}

export const oldReleasesKind: Kind<OldReleasesResource> = {
  probes: () => [{ kind: 'programs' }, { kind: 'content', path: hostPaths.manifest }],
  plan: ({ releases }, { node, seen: { entries, contents } }) => {
    const all = (entries.get(hostPaths.programs) ?? []).flatMap(programOf);
    const old = [...releases].flatMap(([component, release]) => oldOf(all, component, release));
    const things = readManifest(contents.get(hostPaths.manifest), node)?.things ?? [];
    const ours = new Set(things.flatMap(({ kind, name }) => (kind === 'binary' ? [name] : [])));
    const releaseOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
    // All of a release or nothing: a shim that runs on calls its neighbours.
    const running = new Set((entries.get(runningPrograms) ?? []).map(releaseOf));
    const paths = old.map(({ path }) => path).filter((path) => ours.has(path) && !running.has(releaseOf(path)));
    return paths.toSorted().map((path): Action => ({ kind: 'take-away', of: 'binary', path, unlessUsed: true }));
  },
};
