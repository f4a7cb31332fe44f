import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Arrival, followRelease, type InventoryRead } from '../../src/app/follow-release.ts';
import { DurableFile } from '../../src/backup/durable-file.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { v } from '../upgrade/situation.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const inventory = (release: string): string => `# ours\ncluster:\n  name: a\n  kubernetesVersion: '${release}' # as of spring\nnodes: []\n`;
const old = inventory('1.36.5');
const forward: Arrival = { release: v('1.37.1'), direction: 'forward' };

afterEach(() => vi.restoreAllMocks());

/** Of the session in which this text was read. */
async function follow(file: string, arrival: Arrival = forward, read = old, names = '1.36.5'): Promise<readonly string[]> {
  const told: string[] = [];
  const session: InventoryRead = {
    cluster: { kubernetesVersion: v(names) },
    inventorySha256: createHash('sha256').update(read).digest('hex'),
    emit: (event) => {
      if (event.type === 'notice') told.push(`${event.level} ${event.text}`);
    },
  };
  await followRelease(session, file, arrival);
  return told;
}

function place(text = old, mode = 0o640): string {
  const file = path.join(newPlace(), 'inventory.yaml');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}
const left = (file: string): readonly string[] => readdirSync(path.dirname(file)).filter((name) => name.includes('kcluster-'));

describe('the inventory after an upgrade', () => {
  test('names the new release; nothing else of it is touched, nor its mode', async () => {
    const file = place();
    expect(await follow(file)).toEqual([`info ${file} names 1.37.1 now, in place of 1.36.5`]);
    expect(readFileSync(file, 'utf8')).toBe(inventory('1.37.1'));
    expect(statSync(file).mode & 0o7777).toBe(0o640);
    expect(left(file)).toEqual([]);
  });

  test('behind a link: the link stays, what it leads to is written', async () => {
    const file = place();
    const folder = path.join(path.dirname(file), 'elsewhere');
    mkdirSync(folder);
    const link = path.join(folder, 'inventory.yaml');
    symlinkSync('../inventory.yaml', link);
    await follow(link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(inventory('1.37.1'));
  });

  test.skipIf(process.getuid?.() !== 0)('stays its owner’s, whoever ran the upgrade', async () => {
    const file = place();
    chownSync(file, 4711, 4712);
    await follow(file);
    expect([statSync(file).uid, statSync(file).gid]).toEqual([4711, 4712]);
  });

  test('with a byte order mark keeps it', async () => {
    const file = place(`\uFEFF${old}`);
    await follow(file, forward, `\uFEFF${old}`);
    expect(readFileSync(file, 'utf8')).toBe(`\uFEFF${inventory('1.37.1')}`);
  });

  test.each<[string, Arrival, string]>([
    ['that names it already', forward, '1.37.1'],
    ['that is ahead of an upgrade', { release: v('1.36.5'), direction: 'forward' }, '1.37.1'],
    ['that is behind a way back', { release: v('1.36.5'), direction: 'back' }, '1.36.3'],
  ])('%s is left alone, without a word', async (_, arrival, names) => {
    const file = place(inventory(names));
    expect(await follow(file, arrival, inventory(names), names)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(inventory(names));
  });

  test('after a way back names the older release again', async () => {
    const file = place(inventory('1.37.1'));
    await follow(file, { release: v('1.36.5'), direction: 'back' }, inventory('1.37.1'), '1.37.1');
    expect(readFileSync(file, 'utf8')).toBe(old);
  });
});

describe('an inventory that cannot be written is told with what to change in it:', () => {
  const toDo = 'write kubernetesVersion: "1.37.1" below cluster: kcluster init goes by what stands there';

  test('changed since the run began', async () => {
    const file = place(`${old}# more\n`);
    expect(await follow(file)).toEqual([`warning ${file} still names 1.36.5: it was changed meanwhile; ${toDo}`]);
    expect(readFileSync(file, 'utf8')).toBe(`${old}# more\n`);
  });

  test('no file, as what comes from a pipe', async () => {
    expect(await follow('/dev/null')).toEqual([`warning /dev/null still names 1.36.5: it is no file; ${toDo}`]);
  });

  test('gone', async () => {
    const file = path.join(newPlace(), 'none.yaml');
    expect(await follow(file)).toEqual([
      expect.stringMatching(/^warning .*none.yaml still names 1.36.5: ENOENT.*; write kubernetesVersion/),
    ]);
  });

  test('a release behind an alias', async () => {
    const text = 'x: &release "1.36.5"\ncluster:\n  kubernetesVersion: *release\n';
    const file = place(text);
    expect(await follow(file, forward, text)).toEqual([expect.stringContaining('it does not say its release as one value')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test.each(['open', 'takeAfter', 'write', 'commit'] as const)('a place that refuses at %s', async (step) => {
    const file = place();
    const refused = new ConfigurationError(`${file} cannot be written (EROFS)`);
    if (step === 'open') vi.spyOn(DurableFile, 'open').mockRejectedValue(refused);
    else vi.spyOn(DurableFile.prototype, step).mockRejectedValue(refused);
    expect(await follow(file)).toEqual([`warning ${file} still names 1.36.5: ${file} cannot be written (EROFS); ${toDo}`]);
    expect([readFileSync(file, 'utf8'), left(file)]).toEqual([old, []]);
  });
});
