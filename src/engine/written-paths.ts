import type { Action } from './action.ts';

/** Paths that an action puts something else at, or takes away; what is sent ahead of it is not among them. */
export function writtenPaths(action: Action): readonly string[] {
  switch (action.kind) {
    case 'file':
    case 'link':
    case 'remove':
      return [action.path];
    case 'issue':
      return action.entry.files.map(({ path }) => path);
    default:
      return [];
  }
}
