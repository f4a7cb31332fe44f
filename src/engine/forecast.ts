import type { Action } from './action.ts';
import { imageArchivePath } from './kinds/artifact.ts';
import { sha256OfContent } from './kinds/file.ts';
import type { FileSeen, Observations } from './observation.ts';
import { writtenPaths } from './written-paths.ts';

/** What a host will look like after the actions planned so far: later phases of the same plan build on it. */
export interface Forecast {
  readonly seen: Observations;
  /** Paths whose content an action of this plan changes. */
  readonly changed: ReadonlySet<string>;
  add(action: Action): void;
}

/** The file as it will be, where that is known before the action ran. */
function forecastFile(action: Action): readonly [string, FileSeen] | undefined {
  if (action.kind === 'file' && 'text' in action.content) {
    const { path, mode, owner, group, content } = action;
    return [path, { type: 'file', mode, owner, group, sizeBytes: Buffer.byteLength(content.text), sha256: sha256OfContent(content) }];
  }
  if (action.kind === 'directory') {
    const { path, mode, owner, group } = action;
    return [path, { type: 'directory', mode, owner, group, sizeBytes: 0 }];
  }
  if (action.kind === 'link') {
    return [action.path, { type: 'link', mode: 0o777, owner: 'root', group: 'root', sizeBytes: 0, target: action.target }];
  }
  return undefined;
}

function copyOf(observed: Observations) {
  return {
    files: new Map(observed.files),
    users: new Set(observed.users),
    modules: new Set(observed.modules),
    sysctls: new Map(observed.sysctls),
    binaries: new Map(observed.binaries),
    images: new Set(observed.images),
    units: new Map(observed.units),
  };
}

/** What else is known before the action ran, so that a later phase that wants the same finds it done. */
function forecastHost(action: Action, after: ReturnType<typeof copyOf>): void {
  switch (action.kind) {
    case 'remove':
      after.files.delete(action.path);
      return;
    case 'attributes': {
      const seen = after.files.get(action.path);
      const { mode, owner, group } = action;
      if (seen !== undefined) after.files.set(action.path, { ...seen, mode, owner, group });
      return;
    }
    case 'user':
      after.users.add(action.name);
      return;
    case 'module':
      after.modules.add(action.name);
      return;
    case 'sysctl':
      after.sysctls.set(action.key, action.value);
      return;
    case 'binary':
      after.binaries.set(action.path, { sizeBytes: action.sizeBytes, verifiedSha256: action.sha256 });
      return;
    case 'image-archive':
      after.binaries.set(imageArchivePath(action.sha256), { sizeBytes: action.sizeBytes, verifiedSha256: action.sha256 });
      return;
    case 'image':
      after.images.add(action.reference);
      return;
    case 'halt':
      for (const unit of action.units) {
        const seen = after.units.get(unit);
        if (seen !== undefined) after.units.set(unit, { ...seen, active: 'inactive', sub: 'dead' });
      }
  }
}

export function createForecast(observed: Observations): Forecast {
  const after = copyOf(observed);
  const changed = new Set<string>();
  return {
    seen: { ...observed, ...after },
    changed,
    add: (action) => {
      for (const path of action.kind === 'binary' ? [action.path] : writtenPaths(action)) changed.add(path);
      const known = forecastFile(action);
      if (known !== undefined) after.files.set(...known);
      forecastHost(action, after);
    },
  };
}
