import { randomUUID } from 'node:crypto';
import { isRunning } from './is-running.ts';

/** Names of files in the cache's `partial` folder: `<key>.<owner's process id, or free>.<unique>`. */
export interface PartialName {
  readonly key: string;
  /** Undefined: nobody uses it. */
  readonly owner: number | undefined;
}

/** The key of files that only their own process can use. */
export const temporaryKey = 'temporary';

export function ownPartialName(key: string): string {
  return `${key}.${process.pid}.${randomUUID()}`;
}

export function freePartialName(key: string): string {
  return `${key}.free.${randomUUID()}`;
}

export function parsePartialName(name: string): PartialName {
  const [key = '', owner = ''] = name.split('.');
  return { key, owner: /^\d+$/.test(owner) ? Number(owner) : undefined };
}

/** Whether a run is at work on the file. */
export function isInUse({ owner }: PartialName): boolean {
  return owner !== undefined && isRunning(owner);
}
