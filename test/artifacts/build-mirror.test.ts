import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { list } from 'tar';
import { describe, expect, test } from 'vitest';
import { writeToolsFile, writeWrapperModule } from '../../build/add-kubernetes.ts';
import { withBuildLock } from '../../build/build-lock.ts';
import { writeImage } from '../../build/image-file.ts';
import { defaultMirrorDirectory } from '../../build/mirror.ts';
import { planMirror } from '../../build/mirror-plan.ts';
import { productOutputs, publish } from '../../build/pack-product.ts';
import { kubernetesVersions } from '../../build/products.ts';
import { MissingToolError, run } from '../../build/run.ts';
import { type TarEntry, writeTar } from '../../build/tar-file.ts';
import { hashFile } from '../../src/artifacts/hash-file.ts';
import { formatLocation, locateArtifact } from '../../src/artifacts/locate-artifact.ts';
import { parseChecksum } from '../../src/artifacts/parse-checksum.ts';
import { clusterArtifacts } from '../../src/artifacts/required-artifacts.ts';
import { makeCluster, makeNode, putFile, sha256 } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const deadPid = 2 ** 22 + 1;

describe.each(kubernetesVersions)('a mirror for Kubernetes %s', (kubernetes) => {
  const { products, extras } = planMirror(kubernetes, 'amd64');

  test('holds what a cluster of that release looks for', () => {
    const outputs = new Set(products.flatMap((product) => productOutputs(product, 'amd64')));
    const node = makeNode('a', ['control-plane', 'etcd', 'worker']);
    const wanted = clusterArtifacts(makeCluster(kubernetes, [node]), () => 'amd64').flatMap((artifact) => {
      const { content, checksum } = locateArtifact(artifact, '/');
      return [content, checksum].map((location) => formatLocation(location).slice(1));
    });
    expect(wanted.filter((path) => !outputs.has(path))).toEqual([]);
  });

  test.each([...products, ...extras])('has a module for $name $version', async ({ module, programs }) => {
    const folder = join(import.meta.dirname, '../../build', module);
    expect((await stat(join(folder, 'go.mod'))).isFile()).toBe(true);
    const source = module.startsWith('images/') ? 'main.go' : 'tools.go';
    const text = await readFile(join(folder, source), 'utf8');
    for (const program of programs) if (program.package !== '.') expect(text).toContain(`"${program.package}"`);
  });

  test('stamps its programs', () => {
    const flags = products.find(({ name }) => name === 'kubelet')?.go.ldflags ?? [];
    expect(flags).toContain(`k8s.io/component-base/version.gitVersion=v${kubernetes}`);
    expect(flags.join()).not.toContain('1970');
  });
});

test('a release without a module is refused', () => {
  expect(() => planMirror('1.37.99', 'amd64')).toThrow(/1\.37\.99 cannot be built here; known: 1\.37\.1/);
});

test.each([
  [{ XDG_CACHE_HOME: '/cache' }, /^\/cache\/kcluster\/mirror$/],
  [{}, /\/\.cache\/kcluster\/mirror$/],
])('the mirror directory with %j', (env, expected) => {
  expect(defaultMirrorDirectory(env)).toMatch(expected);
});

async function listTar(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  await list({
    file: path,
    onReadEntry: (entry) => found.push(`${entry.type} ${entry.path} ${entry.mode?.toString(8)} ${entry.mtime?.getTime()}`),
  });
  return found;
}

describe('a tar', () => {
  const entries: TarEntry[] = [
    { type: 'Directory', path: 'bin/', mode: 0o755 },
    { type: 'File', path: 'bin/tool', mode: 0o755, content: Buffer.from('program') },
    { type: 'SymbolicLink', path: 'bin/alias', linkpath: 'tool' },
  ];

  test('keeps order, modes and no dates', async () => {
    const path = join(await temporaryDirectory(), 'a.tar');
    await writeTar(path, entries, { gzip: false });
    expect(await listTar(path)).toEqual(['Directory bin/ 755 0', 'File bin/tool 755 0', 'SymbolicLink bin/alias 777 0']);
  });

  test.each([true, false])('is the same every time (gzip: %s)', async (gzip) => {
    const directory = await temporaryDirectory();
    const source = await putFile(directory, 'source', Buffer.alloc(5000, 'x'));
    const all: TarEntry[] = [...entries, { type: 'File', path: 'big', mode: 0o644, source }];
    const digests = await Promise.all(
      ['a', 'b'].map(async (name) => {
        await writeTar(join(directory, name), all, { gzip });
        return hashFile(join(directory, name));
      }),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  test('refuses a name that does not fit', async () => {
    const path = join(await temporaryDirectory(), 'a.tar');
    await expect(writeTar(path, [{ type: 'Directory', path: 'x'.repeat(300), mode: 0o755 }], { gzip: false })).rejects.toThrow(
      'does not fit',
    );
  });
});

test('an image names its tag, its one layer and how it starts', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'image.tar');
  const entries: TarEntry[] = [{ type: 'File', path: 'pause', mode: 0o755, content: Buffer.from('program') }];
  await writeImage(path, { reference: 'registry.example/pause:3.10', arch: 'arm64', entries, entrypoint: ['/pause'] });

  const files = new Map<string, Buffer>();
  await list({
    file: path,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => files.set(entry.path, Buffer.concat(chunks)));
    },
  });
  const read = (name: string) => JSON.parse(files.get(name)?.toString() ?? 'null');
  expect(read('manifest.json')).toEqual([{ Config: 'config.json', RepoTags: ['registry.example/pause:3.10'], Layers: ['layer.tar'] }]);
  expect(read('config.json')).toMatchObject({
    architecture: 'arm64',
    os: 'linux',
    config: { Entrypoint: ['/pause'] },
    rootfs: { diff_ids: [`sha256:${sha256(files.get('layer.tar') ?? '')}`] },
  });
  expect(await readdir(directory)).toEqual(['image.tar']);
});

describe('publishing', () => {
  const write = (text: string) => (path: string) => putFile('/', path, text).then(() => undefined);

  test('writes a checksum that the parser reads', async () => {
    const mirror = await temporaryDirectory();
    await publish(mirror, 'host/bin/kubelet', { style: 'bare' }, write('program'));
    expect(await readFile(join(mirror, 'host/bin/kubelet'), 'utf8')).toBe('program');
    expect(await readFile(join(mirror, 'host/bin/kubelet.sha256'), 'utf8')).toBe(sha256('program'));
  });

  test('adds to a list and replaces its own line', async () => {
    const mirror = await temporaryDirectory();
    const style = { style: 'named', file: 'SHA256SUMS' } as const;
    await publish(mirror, 'host/b.tgz', style, write('b'));
    await publish(mirror, 'host/a.tgz', style, write('old'));
    await publish(mirror, 'host/a.tgz', style, write('a'));
    const text = await readFile(join(mirror, 'host/SHA256SUMS'), 'utf8');
    expect(text).toBe(`${sha256('a')}  a.tgz\n${sha256('b')}  b.tgz\n`);
    expect(parseChecksum(text, 'b.tgz')).toBe(sha256('b'));
  });

  test('that fails leaves the old file', async () => {
    const mirror = await temporaryDirectory();
    await publish(mirror, 'host/a', { style: 'bare' }, write('old'));
    const failing = async (path: string) => {
      await putFile('/', path, 'half');
      throw new Error('disk full');
    };
    await expect(publish(mirror, 'host/a', { style: 'bare' }, failing)).rejects.toThrow('disk full');
    expect(await readFile(join(mirror, 'host/a'), 'utf8')).toBe('old');
    expect(await readdir(join(mirror, '.work'))).toEqual([]);
  });
});

describe('the lock', () => {
  test('lets one build at a time through', async () => {
    const mirror = await temporaryDirectory();
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await readdir(mirror);
      inside -= 1;
    };
    const lines: string[] = [];
    await Promise.all([1, 2].map(() => withBuildLock(mirror, (line) => lines.push(line), work)));
    expect(most).toBe(1);
    expect(lines).toEqual([`process ${process.pid} builds the same mirror; waiting for it`]);
  });

  test.each(['', 'text', `${deadPid}`])('of a dead process (%j) is taken', async (content) => {
    const mirror = await temporaryDirectory();
    await putFile(mirror, '.lock', content);
    let isDone = false;
    await withBuildLock(
      mirror,
      () => undefined,
      async () => {
        isDone = true;
      },
    );
    expect(isDone).toBe(true);
    expect(await readdir(mirror)).toEqual([]);
  });

  test('is not awaited to the end when others have done the work', async () => {
    const mirror = await temporaryDirectory();
    await putFile(mirror, '.lock', `${process.pid}`);
    let asked = 0;
    const isDone = async () => ++asked > 1;
    await withBuildLock(
      mirror,
      () => undefined,
      () => Promise.reject(new Error('done twice')),
      isDone,
    );
    expect(asked).toBe(2);
    expect(await readFile(join(mirror, '.lock'), 'utf8')).toBe(`${process.pid}`);
  });

  test('is given back after a failure', async () => {
    const mirror = await temporaryDirectory();
    const failing = withBuildLock(
      mirror,
      () => undefined,
      () => Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(mirror)).toEqual([]);
  });
});

describe('a program that is run', () => {
  const options = { cwd: '/' };
  test('gives its output', async () => {
    expect(await run('sh', ['-c', 'echo $NAME'], { ...options, env: { NAME: 'x' } })).toBe('x\n');
  });

  test('and fails shows its last words', async () => {
    await expect(run('sh', ['-c', 'echo oh >&2; exit 3'], options)).rejects.toThrow(/ended with 3:\noh/);
  });

  test('and is missing is named', async () => {
    await expect(run('kcluster-no-such-tool', [], options)).rejects.toBeInstanceOf(MissingToolError);
  });
});

describe('a new Kubernetes wrapper', () => {
  const upstream = `module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require (
	k8s.io/api v0.0.0
	k8s.io/klog/v2 v2.140.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
)
`;

  test('takes published modules in place of staging folders', () => {
    expect(writeWrapperModule(upstream, '1.37.2')).toBe(`module kcluster.dev/build/kubernetes

go 1.26.0

godebug default=go1.26

require k8s.io/kubernetes v1.37.2

replace (
	k8s.io/api => k8s.io/api v0.37.2
	k8s.io/client-go => k8s.io/client-go v0.37.2
)
`);
  });

  test.each(kubernetesVersions)('is what the folder of %s holds', async (version) => {
    const folder = join(import.meta.dirname, '../../build/kubernetes', version);
    expect(await readFile(join(folder, 'tools.go'), 'utf8')).toBe(writeToolsFile());
    const module = await readFile(join(folder, 'go.mod'), 'utf8');
    expect(module.match(/=>/g)?.length).toBeGreaterThanOrEqual(31);
    expect(module).not.toMatch(/staging/);
    expect(new Set(module.match(/=> \S+ v\S+/g)?.map((line) => line.split(' ').at(-1)))).toEqual(new Set([`v0.${version.slice(2)}`]));
  });
});
