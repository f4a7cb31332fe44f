import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';
import { planHosts } from '../../src/lab/lab.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../../vagrant', import.meta.url));
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObnBqxi3lnCY9qbdq12NGHDF6JG6+C8/z+MKjtDCjVr';

async function isInstalled(): Promise<boolean> {
  return run('vagrant', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Debian's packages; the libvirt plugin lets `validate` judge that provider's settings too. */
async function install(): Promise<void> {
  const apt = (...words: string[]) => run('apt-get', words, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  await apt('update', '--quiet');
  await apt('install', '--yes', '--quiet', '--no-install-recommends', 'vagrant', 'vagrant-libvirt');
}

const mayInstall = process.getuid?.() === 0 && process.platform === 'linux';

describe.skipIf(!mayInstall && !(await isInstalled()))('the Vagrant machines', () => {
  let home = '';
  let directory = '';

  beforeAll(async () => {
    if (!(await isInstalled())) await install();
    home = await mkdtemp(join(tmpdir(), 'kcluster-vagrant-'));
    directory = join(home, 'vagrant');
    await cp(source, directory, { recursive: true, filter: (path) => !path.includes('.vagrant/') });
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const environment = (settings: Record<string, string>) => ({
    PATH: process.env.PATH,
    HOME: home,
    VAGRANT_HOME: join(home, '.vagrant.d'),
    VAGRANT_CHECKPOINT_DISABLE: '1',
    ...settings,
  });
  const vagrant = (settings: Record<string, string>, ...words: string[]) =>
    run('vagrant', words, { cwd: directory, env: environment(settings) });

  /** Evaluates Ruby beside the Vagrantfile, with the settings and an inventory writer for them at hand. */
  const ruby = (settings: Record<string, string>, code: string) =>
    run(
      'ruby',
      [
        '-r./machines',
        '-r./inventory',
        '-e',
        `settings = Kcluster::Settings.from(ENV)\ninventory = Kcluster::Inventory.new(Dir.pwd, settings)\n${code}`,
      ],
      {
        cwd: directory,
        env: environment(settings),
      },
    );

  const bringUp =
    'settings.machines.each { |m| inventory.add(m, user: "vagrant", key: "keys/#{m.name}", host_key: ENV.fetch("HOST_KEY")) }';
  const path = () => join(directory, 'inventory.yaml');
  const parse = async () => parseInventory(await readFile(path(), 'utf8'), 'inventory.yaml', { resolvePath: (file) => file });

  test.each([
    ['libvirt', 'debian', {}],
    ['libvirt', 'almalinux', { KCLUSTER_CONTROL_PLANES: '3', KCLUSTER_ETCD: '3' }],
    ['virtualbox', 'debian', { KCLUSTER_WORKERS: '0' }],
    ['virtualbox', 'almalinux', {}],
  ])('%s with %s: the Vagrantfile is valid', async (provider, box, counts) => {
    const settings = { VAGRANT_DEFAULT_PROVIDER: provider, KCLUSTER_BOX: box, ...counts };
    const { stdout } = await vagrant(settings, 'validate', '--ignore-provider');
    expect(stdout).toContain('Vagrantfile validated successfully.');
  });

  test('the libvirt settings are valid where its plugin is', async (context) => {
    const { stdout: plugins } = await vagrant({}, 'plugin', 'list');
    if (!plugins.includes('vagrant-libvirt')) return context.skip('the libvirt plugin is not installed');
    const { stdout } = await vagrant({ VAGRANT_DEFAULT_PROVIDER: 'libvirt' }, 'validate');
    expect(stdout).toContain('Vagrantfile validated successfully.');
  });

  test.each([
    ['KCLUSTER_CONTROL_PLANES', '0', 'not between 1 and 9'],
    ['KCLUSTER_WORKERS', 'two', 'invalid value for Integer'],
    ['KCLUSTER_MEMORY_MIB', '512', 'not between 1024'],
    ['KCLUSTER_NAME', 'My Cluster', 'small letters, digits and dashes'],
  ])('%s=%s is refused', async (setting, value, fact) => {
    await expect(vagrant({ [setting]: value }, 'validate', '--ignore-provider')).rejects.toMatchObject({
      stderr: expect.stringContaining(fact),
    });
  });

  test.each([
    { controlPlanes: 1, workers: 2, etcd: 0 },
    { controlPlanes: 3, workers: 2, etcd: 3 },
    { controlPlanes: 1, workers: 0, etcd: 0 },
  ])('have names, addresses and roles as a lab has: $controlPlanes + $workers + $etcd', async (shape) => {
    const settings = {
      KCLUSTER_CONTROL_PLANES: String(shape.controlPlanes),
      KCLUSTER_WORKERS: String(shape.workers),
      KCLUSTER_ETCD: String(shape.etcd),
    };
    const { stdout } = await ruby(settings, 'puts JSON.generate(settings.machines.map(&:to_h))');
    expect(JSON.parse(stdout)).toEqual(planHosts('demo', '192.168.56', shape));
  });

  test('write an inventory that kcluster accepts, with each machine’s key and host key', async () => {
    const settings = {
      HOST_KEY: `${hostKey} root@machine\n`,
      KCLUSTER_ETCD: '1',
      KCLUSTER_KUBERNETES_VERSION: '1.36.5',
      KCLUSTER_MIRROR: '/srv/mirror',
    };
    await ruby(settings, bringUp);
    const cluster = await parse();
    expect(cluster).toMatchObject({
      name: 'demo',
      kubernetesVersion: { minor: 36 },
      etcd: { topology: 'external' },
      artifacts: { mirror: '/srv/mirror' },
    });
    expect(cluster.nodes.map((node) => node.name)).toEqual(['demo-cp1', 'demo-w1', 'demo-w2', 'demo-etcd1']);
    for (const node of cluster.nodes) {
      expect(node.ssh).toMatchObject({ user: 'vagrant', become: 'sudo', identityFile: join(directory, 'keys', node.name), hostKey });
    }
  });

  test('a destroyed machine leaves the inventory; with the last one the inventory goes', async () => {
    const settings = { HOST_KEY: hostKey };
    await ruby(settings, bringUp);
    await ruby(settings, 'inventory.remove(settings.machines.last)');
    expect((await parse()).nodes.map((node) => node.name)).toEqual(['demo-cp1', 'demo-w1']);
    await ruby(settings, 'Dir[".vagrant/kcluster/*.json"].each { |file| File.delete(file) }; inventory.remove(settings.machines.first)');
    await expect(readFile(path())).rejects.toThrow('ENOENT');
  });
});
