import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../src/app/session.ts';
import UpgradeApply from '../../src/commands/upgrade/apply.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import type { ModelCluster } from '../app/support/model-cluster.ts';
import { bringUpOld, oldRelease } from '../app/support/old-cluster.ts';
import { temporaryPlaces } from '../app/support/temporary-place.ts';
import { runCommand } from './support/run-command.ts';

vi.mock('../../src/app/session.ts');

const load = useMirror();
const newPlace = temporaryPlaces();
const text = (release: string): string => `cluster:\n  name: a # ours\n  kubernetesVersion: "${release}"\nnodes: []\n`;
let old: Awaited<ReturnType<typeof bringUpOld>>;
let model: ModelCluster;
let file: string;

beforeAll(async () => {
  old = await bringUpOld(load, 'single.yaml');
}, 60_000);
beforeEach(() => {
  model = old.model.copy();
  file = path.join(newPlace(), 'inventory.yaml');
  writeFileSync(file, text('1.36.5'));
  const inventorySha256 = createHash('sha256').update(text('1.36.5')).digest('hex');
  vi.mocked(openSession).mockImplementation(async ({ emit, signal, verb }: SessionOptions) => {
    const session = await old.session(model, { kubernetesVersion: oldRelease });
    return { ...session, inventorySha256, signal, verb, emit: (event) => [session.emit(event), emit(event)] };
  });
});
const apply = (...args: readonly string[]) => runCommand(UpgradeApply, '-i', file, '--to', '1.37.1', '--yes', '--no-backup', ...args);

describe('upgrade apply and the inventory', { timeout: 60_000 }, () => {
  test('at the end of the way the file names the release, and that is said', async () => {
    const { code, out, err } = await apply();
    expect([code, out]).toEqual([0, 'done\n']);
    expect(err).toContain(`${file} names 1.37.1 now, in place of 1.36.5`);
    expect(readFileSync(file, 'utf8')).toBe(text('1.37.1'));
  });

  test('--json tells it as an event', async () => {
    const { out } = await apply('--json');
    const notices = out.split('\n').filter((line) => line.includes('names 1.37.1 now'));
    expect(notices.map((line) => JSON.parse(line))).toMatchObject([{ type: 'notice', level: 'info' }]);
  });

  test('a file that cannot be written is a warning with what to change, and all is well', async () => {
    writeFileSync(file, `${text('1.36.5')}# edited\n`);
    const { code, err } = await apply();
    expect([code, err]).toEqual([0, expect.stringContaining('write kubernetesVersion: "1.37.1" below cluster')]);
  });

  test.each([['--keep-inventory'], ['--dry-run'], ['--pause-after-first'], ['--only=etcd']])('%s leaves it as it is', async (flag) => {
    const { code, err } = await apply(flag, '--ignore-preflight', 'ComponentMatrix');
    expect([code, err]).toEqual([0, expect.not.stringContaining('names 1.37.1 now')]);
    expect(readFileSync(file, 'utf8')).toBe(text('1.36.5'));
  });

  test('where it was not written, the last line says that it must be', async () => {
    expect((await apply('--keep-inventory')).out).toBe('done; write the release into the inventory, if it is not there yet\n');
  });
});
