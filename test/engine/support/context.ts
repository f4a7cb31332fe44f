import { sha256Of } from '../../../src/engine/kinds/file.ts';
import type { KindContext } from '../../../src/engine/kinds/kind.ts';
import { emptyObservations, type FileSeen, type Observations } from '../../../src/engine/observation.ts';

export const now = new Date('2026-03-01T00:00:00Z');

export function seenWith(more: Partial<Observations>): Observations {
  return { ...emptyObservations(), ...more };
}

/** What a kind plans with: an empty host unless said otherwise. */
export function contextWith(more: Partial<KindContext> = {}): KindContext {
  return {
    node: 'n1',
    seen: emptyObservations(),
    changed: new Set(),
    secrets: new Map(),
    authorities: new Map(),
    now,
    renewBeforeDays: 30,
    binary: () => undefined,
    image: () => undefined,
    ...more,
  };
}

export function contextSeeing(more: Partial<Observations>): KindContext {
  return contextWith({ seen: seenWith(more) });
}

const rootOwned = { mode: 0o644, owner: 'root', group: 'root', sizeBytes: 0 };

export function fileSeen(text: string, more: Partial<FileSeen> = {}): FileSeen {
  return { ...rootOwned, type: 'file', sizeBytes: Buffer.byteLength(text), sha256: sha256Of(text), ...more };
}

export function directorySeen(more: Partial<FileSeen> = {}): FileSeen {
  return { ...rootOwned, type: 'directory', mode: 0o755, ...more };
}

export function linkSeen(target: string): FileSeen {
  return { ...rootOwned, type: 'link', mode: 0o777, target };
}

export const deviceSeen: FileSeen = { ...rootOwned, type: 'other' };
