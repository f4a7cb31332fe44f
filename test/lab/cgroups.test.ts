import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cgroupParents, cgroupProcesses, createCgroups, hostCgroups } from '../../src/lab/cgroups.ts';
import { parseMountinfo } from '../../src/lab/mounts.ts';

const version1 = parseMountinfo(`31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`);
const version2 = parseMountinfo('41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n');

describe('where a lab host gets its cgroups', () => {
  test('version 1: under the starter’s own, in every hierarchy that is mounted', () => {
    const self = '9:name=systemd:/\n4:memory:/limited/7\n2:cpu,cpuacct:/\n3:rdma:/\n0::/unit\n';
    expect(cgroupParents(self, version1)).toEqual([
      '/sys/fs/cgroup/systemd',
      '/sys/fs/cgroup/memory/limited/7',
      '/sys/fs/cgroup/cpu,cpuacct',
      '/sys/fs/cgroup/unified/unit',
    ]);
  });

  test('version 1 in a container: its part of the hierarchy is mounted, paths are whole', () => {
    const mounts = parseMountinfo('35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n');
    expect(cgroupParents('4:memory:/docker/abc/x\n', mounts)).toEqual(['/sys/fs/cgroup/memory/x']);
  });

  test('version 2: at the root, as the starter’s own holds processes', () => {
    expect(cgroupParents('0::/user.slice/user-0.slice/session-1.scope\n', version2)).toEqual(['/sys/fs/cgroup']);
  });

  test('a path with colons stays whole', () => {
    expect(cgroupParents('4:memory:/a:b\n', version1)).toEqual(['/sys/fs/cgroup/memory/a:b']);
  });

  test('no hierarchy, no directory', () => {
    expect(cgroupParents('', version1)).toEqual([]);
    expect(cgroupParents('4:memory:/\n', [])).toEqual([]);
  });

  test('names carry the host', () => {
    expect(hostCgroups(['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/memory/x'], 'demo-w1')).toEqual([
      '/sys/fs/cgroup/cpu/kcluster-lab-demo-w1',
      '/sys/fs/cgroup/memory/x/kcluster-lab-demo-w1',
    ]);
  });
});

describe('making and reading cgroups', () => {
  let parent = '';
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'kcluster-cgroups-'));
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  test('a host’s cgroup has a part for its keeper and one for the machine; a second call changes nothing', async () => {
    const directory = join(parent, 'kcluster-lab-demo-w1');
    await createCgroups([directory]);
    await createCgroups([directory]);
    expect((await readdir(directory)).sort()).toEqual(['keeper', 'machine']);
  });

  test('version 2: all controllers are handed down', async () => {
    await writeFile(join(parent, 'cgroup.controllers'), 'cpu memory pids\n');
    await writeFile(join(parent, 'cgroup.subtree_control'), 'cpu\n');
    await createCgroups([join(parent, 'host')]);
    expect(await readFile(join(parent, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +pids');
  });

  test('version 1: a new cpuset gets the parent’s cpus and hands them on', async () => {
    const host = join(parent, 'host');
    await mkdir(host);
    for (const directory of [parent, host]) {
      for (const file of ['cpuset.cpus', 'cpuset.mems', 'cgroup.clone_children']) await writeFile(join(directory, file), '');
    }
    await writeFile(join(parent, 'cpuset.cpus'), '0-1\n');
    await writeFile(join(parent, 'cpuset.mems'), '0\n');
    await createCgroups([host]);
    const written = ['cpuset.cpus', 'cpuset.mems', 'cgroup.clone_children'].map((file) => readFile(join(host, file), 'utf8'));
    expect(await Promise.all(written)).toEqual(['0-1\n', '0\n', '1']);
  });

  test('processes are found at every depth, each once; those of other pid namespaces are not', async () => {
    const deep = join(parent, 'a', 'machine', 'payload');
    await mkdir(deep, { recursive: true });
    await writeFile(join(parent, 'a', 'cgroup.procs'), '');
    await writeFile(join(parent, 'a', 'machine', 'cgroup.procs'), '12\n0\n');
    await writeFile(join(deep, 'cgroup.procs'), '12\n13\n');
    expect(await cgroupProcesses([join(parent, 'a'), join(parent, 'absent')])).toEqual([12, 13]);
  });
});
