import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStateDirectory } from '../../src/app/state-directory.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);
const isRoot = process.getuid?.() === 0;

function open(place: string) {
  return openStateDirectory(path.join(place, 'inventory.yaml'), 'sample');
}

describe('the state directory', () => {
  test('lies beside the inventory, open to its user only, and git leaves it alone', async () => {
    const place = newPlace();
    const state = await open(place);
    expect(state.directory).toBe(path.join(place, '.kcluster/sample'));
    expect(state.path('admin.conf')).toBe(path.join(place, '.kcluster/sample/admin.conf'));
    expect([modeOf(path.join(place, '.kcluster')), modeOf(state.directory)]).toEqual(['700', '700']);
    expect(readFileSync(path.join(place, '.kcluster/.gitignore'), 'utf8')).toBe('*\n');
  });

  test('follows the inventory’s directory, not the working directory', async () => {
    const place = newPlace();
    const relative = path.relative(process.cwd(), path.join(place, 'inventory.yaml'));
    expect((await openStateDirectory(relative, 'sample')).directory).toBe(path.join(place, '.kcluster/sample'));
  });

  test('is a folder for each cluster', async () => {
    const place = newPlace();
    await (await open(place)).write('admin.conf', 'one');
    const other = await openStateDirectory(path.join(place, 'inventory.yaml'), 'other');
    expect(await other.read('admin.conf')).toBeUndefined();
  });

  test('may be there already', async () => {
    const place = newPlace();
    await (await open(place)).write('admin.conf', 'one');
    expect(await (await open(place)).read('admin.conf')).toBe('one');
  });
});

describe('a file', () => {
  test('is written 0600 in folders 0700, whatever the umask allows', async () => {
    const before = process.umask(0o000);
    try {
      const state = await open(newPlace());
      await state.write('pki/ca.key', 'secret');
      expect([modeOf(state.path('pki/ca.key')), modeOf(state.path('pki'))]).toEqual(['600', '700']);
    } finally {
      process.umask(before);
    }
  });

  test('that is not there is undefined', async () => {
    expect(await (await open(newPlace())).read('pki/ca.key')).toBeUndefined();
  });

  test('is replaced whole, and leaves nothing else behind', async () => {
    const state = await open(newPlace());
    await state.write('admin.conf', 'a long first text');
    await state.write('admin.conf', 'two');
    expect(readFileSync(state.path('admin.conf'), 'utf8')).toBe('two');
    expect(readdirSync(state.directory)).toEqual(['admin.conf']);
  });

  test('is replaced as a name: what a link pointed to stays as it is', async () => {
    const place = newPlace();
    const state = await open(place);
    writeFileSync(path.join(place, 'mine'), 'mine');
    symlinkSync(path.join(place, 'mine'), state.path('admin.conf'));
    await state.write('admin.conf', 'new');
    expect([readFileSync(path.join(place, 'mine'), 'utf8'), await state.read('admin.conf')]).toEqual(['mine', 'new']);
  });

  test('keeps its old text when the new one cannot be written', async () => {
    const state = await open(newPlace());
    await state.write('admin.conf', 'old');
    mkdirSync(state.path(`admin.conf.${process.pid}.tmp`));
    await expect(state.write('admin.conf', 'new')).rejects.toThrow(ConfigurationError);
    expect(await state.read('admin.conf')).toBe('old');
  });
});

describe('a folder of files', () => {
  const files = new Map([
    ['ca.crt', 'one'],
    ['ca.key', 'two'],
  ]);

  test('appears with all of them, 0600 in 0700', async () => {
    const state = await open(newPlace());
    await state.writeFolder('pki', files);
    expect(readdirSync(state.directory)).toEqual(['pki']);
    expect([...files.keys()].map((name) => modeOf(state.path(`pki/${name}`)))).toEqual(['600', '600']);
    expect([modeOf(state.path('pki')), await state.read('pki/ca.key')]).toEqual(['700', 'two']);
  });

  test('does not appear when one of them cannot be written', async () => {
    const state = await open(newPlace());
    await expect(state.writeFolder('pki', new Map([...files, ['no/such/folder', 'three']]))).rejects.toThrow(ConfigurationError);
    expect(existsSync(state.path('pki'))).toBe(false);
    await state.writeFolder('pki', files);
    expect(readdirSync(state.path('pki'))).toEqual(['ca.crt', 'ca.key']);
  });

  test('keeps what was in it', async () => {
    const state = await open(newPlace());
    await state.write('pki/sa.key', 'mine');
    await state.writeFolder('pki', files);
    expect(readdirSync(state.path('pki'))).toEqual(['ca.crt', 'ca.key', 'sa.key']);
    expect(await state.read('pki/sa.key')).toBe('mine');
  });
});

describe('a disk that says no', () => {
  const remedy = expect.stringContaining('let your user write the folder .kcluster');

  test('a file where the folder belongs', async () => {
    const place = newPlace();
    writeFileSync(path.join(place, '.kcluster'), '');
    await expect(open(place)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/sample cannot be written \(E\w+\)$/),
      details: { remedy },
    });
  });

  test('a folder where a file belongs', async () => {
    const state = await open(newPlace());
    mkdirSync(state.path('admin.conf/x'), { recursive: true });
    await expect(state.read('admin.conf')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('cannot be read (EISDIR)'),
    });
    await expect(state.write('admin.conf', '')).rejects.toMatchObject({ exitCode: 2, details: { remedy } });
  });

  test('a folder that is gone is made again', async () => {
    const state = await open(newPlace());
    rmSync(state.directory, { recursive: true });
    await state.write('pki/ca.crt', 'x');
    expect(await state.read('pki/ca.crt')).toBe('x');
  });

  test.skipIf(isRoot)('a folder that may not be written (skipped for root, who may)', async () => {
    const place = newPlace();
    chmodSync(place, 0o500);
    await expect(open(place)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('EACCES'), details: { remedy } });
  });
});
