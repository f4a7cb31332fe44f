import type { Action } from './action.ts';
import type { PlainContent } from './resource.ts';

/** Gives back an action whose text is one value with that of every action before it that has the same: hosts differ in few of their files. */
export function createContentPool(): (action: Action) => Action {
  const contents = new Map<string, PlainContent>();
  return (action) => {
    if (action.kind !== 'file' || !('text' in action.content)) return action;
    const { content } = action;
    const known = contents.get(content.text);
    if (known === undefined) contents.set(content.text, content);
    return known === undefined || known === content ? action : { ...action, content: known };
  };
}
