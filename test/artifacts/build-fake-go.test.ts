import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { list } from 'tar';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildMirror, hostArchitecture, type MirrorOptions } from '../../build/mirror.ts';
import { fetchArtifacts } from '../../src/artifacts/fetch-artifacts.ts';
import { clusterArtifacts } from '../../src/artifacts/required-artifacts.ts';
import { makeCluster, makeNode, putFile, sha256 } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Stands in for the compiler: each program's content is the package it would be built from. */
const fakeGo = `#!/bin/sh
echo "$PWD: $* cgo=$CGO_ENABLED" >> "$FAKE_LOG"
if [ "$1" = list ]; then echo "$FAKE_MODULE"; exit 0; fi
[ -e "$FAKE_BROKEN" ] && { echo "undefined: broken" >&2; exit 1; }
while [ "$1" != -o ]; do shift; done
echo "$3" > "$2"
`;
const yes = '#!/bin/sh\nexit 0\n';
const arch = hostArchitecture() === 'arm64' ? 'arm64' : 'amd64';

let tools: string;
let directory: string;
let lines: string[];

beforeEach(async () => {
  tools = await temporaryDirectory();
  directory = await temporaryDirectory();
  lines = [];
  for (const [name, text] of Object.entries({ go: fakeGo, gcc: yes, 'pkg-config': yes })) {
    await writeFile(join(tools, name), text);
    await chmod(join(tools, name), 0o755);
  }
  await putFile(tools, 'module/cfg/cis/config.yaml', 'checks');
  vi.stubEnv('PATH', `${tools}:${process.env.PATH}`);
  vi.stubEnv('FAKE_LOG', join(tools, 'log'));
  vi.stubEnv('FAKE_BROKEN', join(tools, 'broken'));
  vi.stubEnv('FAKE_MODULE', join(tools, 'module'));
});
afterEach(() => vi.unstubAllEnvs());

const build = (only: readonly string[], options: Partial<MirrorOptions> = {}) =>
  buildMirror({ kubernetes: '1.37.1', directory, only, report: (line) => lines.push(line), ...options });

const everything = ['pause', 'etcd', 'containerd', 'runc', 'cni-plugins', 'crictl', 'coredns'];
const kubernetes = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'];

async function goCalls(): Promise<readonly string[]> {
  return (await readFile(join(tools, 'log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

test('what is built is what the product fetches', async () => {
  await build([...everything, ...kubernetes]);
  const cluster = makeCluster('1.37.1', [makeNode('a', ['control-plane', 'etcd', 'worker'])]);
  const options = { mirror: directory, trust: 'mirror', cacheDirectory: await temporaryDirectory() } as const;
  const { binaries, images, absentImages } = await fetchArtifacts(
    clusterArtifacts(cluster, () => arch),
    options,
  );
  const digests = Object.fromEntries(binaries.map((binary) => [binary.name, binary.sha256]));
  expect(digests.kubelet).toBe(sha256('k8s.io/kubernetes/cmd/kubelet\n'));
  expect(digests.etcdutl).toBe(sha256('go.etcd.io/etcd/etcdutl/v3\n'));
  expect(digests['containerd-shim-runc-v2']).toBe(sha256('github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2\n'));
  expect(digests.portmap).toBe(sha256('github.com/containernetworking/plugins/plugins/meta/portmap\n'));
  expect(images.map(({ reference }) => reference)).toEqual(['registry.k8s.io/pause:3.10.2', 'registry.k8s.io/coredns/coredns:v1.14.7']);
  expect(absentImages).toEqual([]);
});

test('only runc is compiled with C, and everything without local paths and symbols', async () => {
  await build(['runc', 'kubelet']);
  const [runc, kubelet] = await goCalls();
  expect(runc).toMatch(/runc\/1\.4\.3: build .*-tags seccomp,.*-extldflags -static.* cgo=1$/);
  expect(kubelet).toMatch(/kubernetes\/1\.37\.1: build -mod=readonly -trimpath .*-s -w .*gitVersion=v1\.37\.1 .* cgo=0$/);
});

describe('a second run', () => {
  beforeEach(async () => {
    await build(['etcd', 'crictl']);
    await rm(join(tools, 'log'));
    lines = [];
  });

  test('builds nothing and says nothing', async () => {
    expect(await build(['etcd', 'crictl'])).toEqual({ directory, built: [], present: ['etcd 3.7.3', 'crictl 1.36.0'] });
    expect(await goCalls()).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('builds what somebody deleted', async () => {
    await rm(join(directory, 'github.com/etcd-io'), { recursive: true });
    expect((await build(['etcd', 'crictl'])).built).toEqual(['etcd 3.7.3']);
    expect(lines[0]).toBe('building etcd 3.7.3');
    expect(lines[1]).toMatch(/^built etcd 3\.7\.3: [\d.]+ MiB in \d+ s$/);
  });

  test('builds again what was made by another recipe', async () => {
    await writeFile(join(directory, '.built', 'crictl_1.36.0'), 'older recipe');
    expect((await build(['etcd', 'crictl'])).built).toEqual(['crictl 1.36.0']);
  });

  test('adds what is new', async () => {
    expect(await build(['etcd', 'kubeadm'])).toEqual({ directory, built: ['kubeadm 1.37.1'], present: ['etcd 3.7.3'] });
  });
});

describe('a build that fails', () => {
  test('shows the compiler`s words and leaves nothing behind', async () => {
    await writeFile(join(tools, 'broken'), '');
    await expect(build(['etcd'])).rejects.toThrow(/go build .*ended with 1:\nundefined: broken/s);
    expect(await readdir(join(directory, '.work'))).toEqual([]);
    expect((await readdir(directory)).toSorted()).toEqual(['.work']);
  });

  test('keeps what was finished before, and the next run goes on', async () => {
    await build(['crictl']);
    await writeFile(join(tools, 'broken'), '');
    await expect(build(['crictl', 'kubelet'])).rejects.toThrow('undefined: broken');
    await rm(join(tools, 'broken'));
    expect((await build(['crictl', 'kubelet'])).built).toEqual(['kubelet 1.37.1']);
  });

  test('of a killed run is swept away', async () => {
    await mkdir(join(directory, '.work/etcd-1'), { recursive: true });
    await writeFile(join(directory, '.lock'), `${2 ** 22 + 1}`);
    await build(['crictl']);
    expect(await readdir(join(directory, '.work'))).toEqual([]);
  });
});

test('kube-bench comes with its checks', async () => {
  await build(['kube-bench']);
  const path = join(directory, `github.com/aquasecurity/kube-bench/releases/download/v0.14.0/kube-bench_0.14.0_linux_${arch}.tar.gz`);
  const members: string[] = [];
  await list({ file: path, onReadEntry: (entry) => members.push(entry.path) });
  expect(members).toEqual(['kube-bench', 'cfg/cis/config.yaml']);
  expect(await readFile(join(dirname(path), 'kube-bench_0.14.0_checksums.txt'), 'utf8')).toMatch(
    /^[0-9a-f]{64} {2}kube-bench_0\.14\.0_linux_/,
  );
});

test('an unknown name is refused with the known ones', async () => {
  await expect(build(['kubelet', 'nope'])).rejects.toThrow(/no such product: nope; known: .*kube-bench/);
});
