import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { labPaths } from '../../src/lab/paths.ts';
import {
  type LabState,
  listLabs,
  listLabsAndStates,
  parseLabState,
  readLabState,
  replaceMachine,
  requireLabState,
  requireMachine,
  writeLabState,
} from '../../src/lab/state.ts';

const keeper = { pid: 42, startTicks: 156921, bootId: '0a0b' };
const state: LabState = {
  version: 1,
  name: 'demo',
  phase: 'building',
  shape: { controlPlanes: 1, workers: 1, etcd: 0 },
  base: '/cache/base-1',
  subnet: '10.101.7',
  link: 'kl-1234567890',
  machines: [
    { name: 'demo-cp1', address: '10.101.7.11', roles: ['control-plane'], cgroups: ['/sys/fs/cgroup/x/kcluster-lab-demo-cp1'], keeper },
    { name: 'demo-w1', address: '10.101.7.21', roles: ['worker'], cgroups: [] },
  ],
};

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kcluster-lab-state-'));
  vi.stubEnv('XDG_STATE_HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

describe('the state of a lab', () => {
  test('comes back as it was written, for the owner’s eyes only, with nothing beside it', async () => {
    await writeLabState(state);
    await writeLabState({ ...state, phase: 'ready' });
    expect(await readLabState('demo')).toEqual({ ...state, phase: 'ready' });
    expect((await stat(labPaths('demo').state)).mode & 0o777).toBe(0o600);
    expect((await stat(labPaths('demo').directory)).mode & 0o777).toBe(0o700);
    expect(await readdir(labPaths('demo').directory)).toEqual(['state.json']);
  });

  test('of a lab that is not there is undefined', async () => {
    expect(await readLabState('demo')).toBeUndefined();
    expect(await listLabs()).toEqual([]);
  });

  test.each([
    ['no JSON', '{"version": 1', 'is not JSON'],
    ['another version', '{"version": 2}', 'not a lab state of version 1'],
    ['null', 'null', 'not a lab state of version 1'],
    ['machines missing', JSON.stringify({ ...state, machines: undefined }), 'not a lab state of version 1'],
    ['subnet missing', JSON.stringify({ ...state, subnet: undefined }), 'not a lab state of version 1'],
  ])('%s is refused with the file’s name, and kept', async (_, text, fact) => {
    const { directory, state: path } = labPaths('demo');
    await mkdir(directory, { recursive: true });
    await writeFile(path, text);
    await expect(readLabState('demo')).rejects.toThrow(fact);
    await expect(readLabState('demo')).rejects.toThrow(path);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('parsing names the remedy', () => {
    expect.assertions(1);
    try {
      parseLabState('[]', '/state/demo/state.json');
    } catch (error) {
      expect(error).toMatchObject({ details: { remedy: expect.stringContaining('/state/demo/state.json') } });
    }
  });
});

describe('finding labs and hosts', () => {
  test('directories are labs, lock files are not, half-made ones have no state', async () => {
    await writeLabState(state);
    await writeLabState({ ...state, name: 'a' });
    await mkdir(labPaths('half').directory);
    await writeFile(labPaths('demo').lock, '');
    expect(await listLabs()).toEqual(['a', 'demo', 'half']);
    expect((await listLabsAndStates()).map((found) => found.name)).toEqual(['a', 'demo']);
  });

  test('a missing lab is named together with those that are there', async () => {
    await expect(requireLabState('demo')).rejects.toThrow('there is no lab named demo (there is none)');
    await writeLabState(state);
    await expect(requireLabState('other')).rejects.toThrow('there is no lab named other (there are: demo)');
  });

  test('a missing host is named together with those that are there', () => {
    expect(requireMachine(state, 'demo-w1').address).toBe('10.101.7.21');
    expect(() => requireMachine(state, 'w1')).toThrow(ConfigurationError);
  });

  test('a machine is replaced by name, the others stay', () => {
    const changed = replaceMachine(state, { name: 'demo-w1', address: '10.101.7.21', roles: ['worker'], cgroups: ['/x'], keeper });
    expect(changed.machines[0]).toBe(state.machines[0]);
    expect(changed.machines[1]).toMatchObject({ cgroups: ['/x'], keeper });
    expect(state.machines[1]?.keeper).toBeUndefined();
  });
});
