import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import LabDown from '../../../src/commands/lab/down.ts';
import LabSsh from '../../../src/commands/lab/ssh.ts';
import LabStatus from '../../../src/commands/lab/status.ts';
import LabUp from '../../../src/commands/lab/up.ts';
import { labDown } from '../../../src/lab/lab-down.ts';
import { labSsh } from '../../../src/lab/lab-ssh.ts';
import { labStatus } from '../../../src/lab/lab-status.ts';
import { type LabUpOptions, labUp } from '../../../src/lab/lab-up.ts';

vi.mock('../../../src/lab/lab-up.ts');
vi.mock('../../../src/lab/lab-down.ts');
vi.mock('../../../src/lab/lab-ssh.ts');
vi.mock('../../../src/lab/lab-status.ts');

type CommandClass = typeof LabUp | typeof LabDown | typeof LabSsh | typeof LabStatus;
const hosts = [{ name: 'demo-cp1', address: '10.101.7.11', roles: ['control-plane' as const] }];
let config: Config;

beforeAll(async () => {
  config = await Config.load(fileURLToPath(new URL('../../..', import.meta.url)));
});
afterEach(() => vi.restoreAllMocks());

async function run(command: CommandClass, argv: readonly string[]): Promise<{ out: string; err: string }> {
  const printed = { out: '', err: '' };
  vi.spyOn(command.prototype, 'log').mockImplementation((text = '') => {
    printed.out += `${text}\n`;
  });
  vi.spyOn(command.prototype, 'logToStderr').mockImplementation((text = '') => {
    printed.err += `${text}\n`;
  });
  await new command([...argv], config).run();
  return printed;
}

describe('lab up', () => {
  const answer = (options: LabUpOptions) => {
    options.report('3 hosts booted');
    return Promise.resolve({ inventory: '/state/demo/inventory.yaml', hosts });
  };

  test('asks for one control plane and two workers unless told otherwise', async () => {
    vi.mocked(labUp).mockImplementation(answer);
    const { out } = await run(LabUp, []);
    expect(labUp).toHaveBeenLastCalledWith(
      expect.objectContaining({ name: 'demo', controlPlanes: 1, workers: 2, etcd: 0, install: false }),
    );
    expect(out).toContain('3 hosts booted\n');
    expect(out).toContain('next: kcluster init -i /state/demo/inventory.yaml');
  });

  test('hands every flag on', async () => {
    vi.mocked(labUp).mockImplementation(answer);
    const words = '--name big --control-planes 3 --workers 0 --etcd 3 --kubernetes-version 1.36.5 --mirror /srv/m --install'.split(' ');
    await run(LabUp, words);
    const wanted = { name: 'big', controlPlanes: 3, workers: 0, etcd: 3, kubernetesVersion: '1.36.5', mirror: '/srv/m', install: true };
    expect(labUp).toHaveBeenLastCalledWith(expect.objectContaining(wanted));
  });

  test('--json keeps standard output for the answer', async () => {
    vi.mocked(labUp).mockImplementation(answer);
    const { out, err } = await run(LabUp, ['--json']);
    expect(JSON.parse(out)).toEqual({ inventory: '/state/demo/inventory.yaml', hosts });
    expect(err).toBe('3 hosts booted\n');
  });

  test.each([['--workers', '-1'], ['--control-planes', '0'], ['--control-planes', 'x'], ['--unknown']])(
    '%s %s is refused',
    async (...argv) => {
      await expect(run(LabUp, argv)).rejects.toThrow();
      expect(labUp).not.toHaveBeenCalled();
    },
  );
});

describe('lab down', () => {
  test('--json says whether there was a lab', async () => {
    vi.mocked(labDown).mockResolvedValue(true);
    expect(JSON.parse((await run(LabDown, ['--name', 'big', '--json'])).out)).toEqual({ name: 'big', removed: true });
    expect(labDown).toHaveBeenLastCalledWith('big', expect.any(Function));
  });
});

describe('lab status', () => {
  const lab = {
    name: 'demo',
    phase: 'ready' as const,
    inventory: '/state/demo/inventory.yaml',
    hosts: hosts.map((host) => ({ ...host, state: 'running' as const })),
  };

  test('says when there is none', async () => {
    vi.mocked(labStatus).mockResolvedValue([]);
    expect((await run(LabStatus, [])).out).toBe('there is no lab\n');
  });

  test('gives JSON and YAML of the same', async () => {
    vi.mocked(labStatus).mockResolvedValue([lab]);
    expect(JSON.parse((await run(LabStatus, ['-o', 'json'])).out)).toEqual([lab]);
    expect((await run(LabStatus, ['-o', 'yaml'])).out).toContain('- name: demo\n  phase: ready\n');
  });

  test('asks for one lab by name', async () => {
    vi.mocked(labStatus).mockResolvedValue([lab]);
    await run(LabStatus, ['--name', 'demo', '-o', 'json']);
    expect(labStatus).toHaveBeenLastCalledWith('demo');
  });
});

describe('lab ssh', () => {
  test.each([
    [['demo-w1'], { host: 'demo-w1', user: 'root', command: [] }],
    [['demo-w1', '--', 'ls', '-l', '--name'], { host: 'demo-w1', user: 'root', command: ['ls', '-l', '--name'] }],
    [
      ['cp1', '--name', 'demo', '--user', 'admin', '--', 'sudo', 'id'],
      { host: 'cp1', lab: 'demo', user: 'admin', command: ['sudo', 'id'] },
    ],
  ])('%j', async (argv, wanted) => {
    vi.mocked(labSsh).mockResolvedValue(0);
    await expect(run(LabSsh, argv)).rejects.toMatchObject({ oclif: { exit: 0 } });
    expect(labSsh).toHaveBeenLastCalledWith(wanted);
  });

  test('its exit code is the command’s', async () => {
    vi.mocked(labSsh).mockResolvedValue(7);
    await expect(run(LabSsh, ['demo-w1', 'false'])).rejects.toMatchObject({ oclif: { exit: 7 } });
  });

  test('a host must be named', async () => {
    await expect(run(LabSsh, [])).rejects.toThrow('Missing 1 required arg');
  });
});
