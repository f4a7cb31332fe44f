import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';

/** Gives a new directory for each call; all are gone after the test. */
export function temporaryPlaces(): () => string {
  const made: string[] = [];
  afterEach(() => {
    for (const place of made.splice(0)) rmSync(place, { recursive: true, force: true });
  });
  return () => {
    const place = mkdtempSync(path.join(tmpdir(), 'kcluster-app-'));
    made.push(place);
    return place;
  };
}
