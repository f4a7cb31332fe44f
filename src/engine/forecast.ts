import type { Action } from './action.ts';
import { sha256Of } from './kinds/file.ts';
import type { FileSeen, Observations } from './observation.ts';

/** What a host will look like after the actions planned so far: later phases of the same plan build on it. */
export interface Forecast {
  readonly seen: Observations;
  /** Paths whose content an action of this plan changes. */
  readonly changed: ReadonlySet<string>;
  add(action: Action): void;
}

function changedPaths(action: Action): readonly string[] {
  switch (action.kind) {
    case 'file':
    case 'link':
    case 'remove':
    case 'binary':
      return [action.path];
    case 'issue':
      return action.entry.files.map(({ path }) => path);
    default:
      return [];
  }
}

/** The file as it will be, where that is known before the action ran. */
function forecastFile(action: Action): readonly [string, FileSeen] | undefined {
  if (action.kind === 'file' && 'text' in action.content) {
    const { path, mode, owner, group, content } = action;
    return [path, { type: 'file', mode, owner, group, sizeBytes: Buffer.byteLength(content.text), sha256: sha256Of(content.text) }];
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

export function createForecast(observed: Observations): Forecast {
  const files = new Map(observed.files);
  const changed = new Set<string>();
  return {
    seen: { ...observed, files },
    changed,
    add: (action) => {
      for (const path of changedPaths(action)) changed.add(path);
      const known = forecastFile(action);
      if (known !== undefined) files.set(...known);
    },
  };
}
