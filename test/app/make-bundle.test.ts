import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeBundle } from '../../src/app/make-bundle.ts';
import { takeBundle } from '../../src/app/take-bundle.ts';
import { clusterArtifacts } from '../../src/artifacts/required-artifacts.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { InterruptedError } from '../../src/errors.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const load = useMirror();
const newPlace = temporaryPlaces();

/** Collects what is told; interrupts where it is asked to. */
function teller(interruptAt: (event: RunEvent) => boolean = () => false) {
  const events: RunEvent[] = [];
  const controller = new AbortController();
  const emit = (event: RunEvent): void => {
    events.push(event);
    if (interruptAt(event)) controller.abort();
  };
  return { events, emit, elapsedMs: () => 7, signal: controller.signal };
}

async function choices(file: string) {
  const cluster = await load('single.yaml');
  const artifacts = clusterArtifacts(cluster, () => 'amd64');
  return { cluster, inventorySha256: 'a'.repeat(64), artifacts, planFile: undefined, file, madeAt: new Date(0) };
}

describe('a bundle', () => {
  test('is told from its first byte to its last, and the import too', async () => {
    const file = path.join(newPlace(), 'b.tar');
    const making = teller();
    const { sizeBytes } = await makeBundle(await choices(file), making);
    expect(making.events.some(({ type }) => type === 'artifact-progress')).toBe(true);
    const whole = { type: 'progress', doneBytes: sizeBytes, totalBytes: sizeBytes, atMs: 7 };
    expect(making.events.at(-1)).toEqual({ ...whole, what: `write ${file}` });
    const taking = teller();
    await takeBundle(file, { trust: 'mirror', sha256: undefined }, taking);
    expect(taking.events.at(-1)).toEqual({ ...whole, what: `import ${file}` });
  });

  test('that is interrupted leaves the old one', async () => {
    const place = newPlace();
    const file = path.join(place, 'b.tar');
    writeFileSync(file, 'old');
    const attempt = makeBundle(
      await choices(file),
      teller(({ type }) => type === 'progress'),
    );
    await expect(attempt).rejects.toBeInstanceOf(InterruptedError);
    expect(readdirSync(place)).toEqual(['b.tar']);
  });
});
