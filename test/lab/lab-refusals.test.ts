import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigurationError, PreflightError } from '../../src/errors.ts';
import { baseSystemName, removeAbandonedBuilds } from '../../src/lab/base-system.ts';
import { labDown } from '../../src/lab/lab-down.ts';
import { labPowerOff, labReboot } from '../../src/lab/lab-power.ts';
import { labSsh } from '../../src/lab/lab-ssh.ts';
import { labStatus } from '../../src/lab/lab-status.ts';
import { labUp } from '../../src/lab/lab-up.ts';
import { baseSystemsDirectory, labPaths } from '../../src/lab/paths.ts';
import { identifyProcess } from '../../src/lab/process-identity.ts';
import { type LabState, writeLabState } from '../../src/lab/state.ts';

const options = { name: 'demo', controlPlanes: 1, workers: 1, etcd: 0, install: false, report: () => undefined };
const state: LabState = {
  version: 1,
  name: 'demo',
  phase: 'ready',
  shape: { controlPlanes: 1, workers: 0, etcd: 0 },
  base: '/nonexistent',
  subnet: '10.101.7',
  link: 'kl-0000000000',
  machines: [
    {
      name: 'demo-cp1',
      address: '10.101.7.11',
      roles: ['control-plane', 'worker'],
      cgroups: [],
      keeper: { pid: 1, startTicks: -1, bootId: 'x' },
    },
  ],
};

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kcluster-lab-refusals-'));
  vi.stubEnv('XDG_STATE_HOME', home);
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(home, { recursive: true, force: true });
});

describe('bad input is refused before anything is touched', () => {
  test.each([
    ['a name', { name: 'No Name' }, 'cannot be the name of a lab'],
    ['a path as name', { name: '../../etc' }, 'cannot be the name of a lab'],
    ['a number', { workers: 500 }, 'not 500'],
    ['half a version', { kubernetesVersion: '1.37' }, '"1.37" is not a Kubernetes version'],
  ])('%s', async (_, change, fact) => {
    const failure = labUp({ ...options, ...change });
    await expect(failure).rejects.toThrow(ConfigurationError);
    await expect(failure).rejects.toThrow(fact);
    expect(await readdir(home)).toEqual([]);
  });

  test('down checks the name too, as it removes files', async () => {
    await expect(labDown('../demo', () => undefined)).rejects.toThrow(ConfigurationError);
    expect(await readdir(home)).toEqual([]);
  });

  test.each([
    ['up', () => labUp(options)],
    ['down', () => labDown('demo', () => undefined)],
    ['power off', () => labPowerOff('demo', 'demo-cp1')],
    ['reboot', () => labReboot('demo', 'demo-cp1', { report: () => undefined })],
  ])('without root, %s says so', async (_, act) => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    await expect(act()).rejects.toThrow(PreflightError);
    expect(await readdir(home)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('labs and hosts that are not there', () => {
  beforeEach(() => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
  });

  test.each([
    ['reboot', () => labReboot('demo', 'demo-w9', { report: () => undefined })],
    ['power off', () => labPowerOff('demo', 'demo-w9')],
  ])('%s names the lab, then the host', async (_, act) => {
    await expect(act()).rejects.toThrow('there is no lab named demo');
    await writeLabState(state);
    await expect(act()).rejects.toThrow('lab demo has no host named demo-w9');
  });

  test('ssh names what is missing', async () => {
    const login = { user: 'root', command: ['true'] };
    await expect(labSsh({ host: 'demo-w9', ...login })).rejects.toThrow('no lab has a host named demo-w9');
    await expect(labSsh({ host: 'w9', lab: 'demo', ...login })).rejects.toThrow('there is no lab named demo');
    await writeLabState(state);
    await expect(labSsh({ host: 'w9', lab: 'demo', ...login })).rejects.toThrow('lab demo has no host named w9');
  });

  test('status shows no lab, or a lab whose hosts have ended', async () => {
    expect(await labStatus()).toEqual([]);
    await writeLabState(state);
    const host = { name: 'demo-cp1', address: '10.101.7.11', roles: ['control-plane', 'worker'], state: 'stopped' };
    expect(await labStatus()).toEqual([{ name: 'demo', phase: 'ready', inventory: labPaths('demo').inventory, hosts: [host] }]);
    await expect(labStatus('other')).rejects.toThrow('there are: demo');
  });

  test('down of a lab that is not there reports it and leaves no lock', async () => {
    const lines: string[] = [];
    expect(await labDown('demo', (line) => lines.push(line))).toBe(false);
    expect(lines).toEqual(['there is no lab named demo: nothing to do']);
    expect(await readdir(join(home, 'kcluster/lab'))).toEqual([]);
  });

  test('down of a lab that was only begun removes its directory', async () => {
    await mkdir(labPaths('demo').directory, { recursive: true });
    expect(await labDown('demo', () => undefined)).toBe(true);
    expect(await readdir(join(home, 'kcluster/lab'))).toEqual([]);
  });

  test('down does not guess when the state cannot be read', async () => {
    await mkdir(labPaths('demo').directory, { recursive: true });
    await writeFile(labPaths('demo').state, 'no json');
    await expect(labDown('demo', () => undefined)).rejects.toThrow('is not JSON');
    expect(await readdir(labPaths('demo').directory)).toEqual(['state.json']);
  });
});

describe.runIf(process.platform === 'linux')('abandoned builds of the base system', () => {
  test('are removed; one that runs and those that are done stay', async () => {
    const self = identifyProcess(process.pid) ?? expect.fail('this process is not in /proc');
    const done = baseSystemName();
    const running = `${done}.partial-${self.pid}-${self.startTicks}-0011aabb`;
    const entries = [
      done,
      running,
      `${done}.partial-${self.pid}-1-0011aabb`,
      `${done}.partial-${2 ** 22 + 1}-7-0011aabb`,
      'something-else',
    ];
    for (const entry of entries) await mkdir(join(baseSystemsDirectory(), entry, 'etc'), { recursive: true });
    await removeAbandonedBuilds();
    expect((await readdir(baseSystemsDirectory())).sort()).toEqual([done, running, 'something-else'].sort());
  });

  test('no cache, nothing to do', async () => {
    await expect(removeAbandonedBuilds()).resolves.toBeUndefined();
  });

  test('the name follows the recipe and nothing else', () => {
    expect(baseSystemName()).toMatch(/^base-[0-9a-f]{12}$/);
    expect(baseSystemName()).toBe(baseSystemName());
  });
});
