import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { locateArtifact } from '../../src/artifacts/locate-artifact.ts';
import { clusterArtifacts } from '../../src/artifacts/required-artifacts.ts';
import ArtifactsFetch from '../../src/commands/artifacts/fetch.ts';
import ArtifactsList from '../../src/commands/artifacts/list.ts';
import { ArtifactError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load-inventory.ts';
import { makeArchive, putFile, sha256 } from './sample.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inventory = (mirror: string) => `apiVersion: kcluster/v1alpha1
kind: Inventory
cluster:
  name: sample
  kubernetesVersion: "1.37.1"
  artifacts:
    mirror: ${mirror}
    trust: mirror
nodes:
  - name: a
    address: 192.0.2.1
    roles: [control-plane, worker]
`;

let mirror: string;
let file: string;

beforeEach(async () => {
  mirror = await temporaryDirectory();
  file = await putFile(await temporaryDirectory(), 'inventory.yaml', inventory(mirror));
  vi.stubEnv('XDG_CACHE_HOME', await temporaryDirectory());
});
afterEach(() => vi.unstubAllEnvs());

/** Small files in the places of the real ones. */
async function fillMirror(): Promise<void> {
  for (const artifact of clusterArtifacts(await loadInventory(file), () => 'amd64')) {
    const members = artifact.kind === 'archive' ? artifact.binaries.map(({ name, member }) => ({ path: member, content: name })) : [];
    const content = artifact.kind === 'archive' ? makeArchive(members) : Buffer.from(artifact.id);
    const location = locateArtifact(artifact, mirror);
    if (location.content.kind !== 'path' || location.checksum.kind !== 'path') throw new TypeError('a directory is wanted');
    await putFile('/', location.content.path, content);
    await putFile('/', location.checksum.path, sha256(content));
  }
}

async function runCommand(command: typeof ArtifactsList | typeof ArtifactsFetch, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(command.prototype, 'log').mockImplementation((line = '') => void lines.push(line));
  vi.spyOn(command.prototype, 'logToStderr').mockImplementation(() => undefined);
  try {
    await command.run(['-i', file, ...args], { root });
  } finally {
    log.mockRestore();
    vi.restoreAllMocks();
  }
  return lines.join('\n');
}

describe('artifacts list', () => {
  test('names every component and that it is missing', async () => {
    const rows = JSON.parse(await runCommand(ArtifactsList, '-o', 'json')) as { component: string; state: string }[];
    expect(rows.map(({ component }) => component)).toEqual(expect.arrayContaining(['etcd', 'kubelet', 'coredns']));
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['missing']));
  });

  test('has a table with a row for each architecture', async () => {
    const text = await runCommand(ArtifactsList, '--arch', 'amd64', '--arch', 'arm64');
    expect(text).toMatch(/^COMPONENT +VERSION +ARCH +KIND +CHECKSUM +STATE +SOURCE\n/);
    expect(text.match(/^kubelet .*$/gm)).toHaveLength(2);
  });
});

describe('artifacts fetch', () => {
  test('brings everything into the cache, and the list says so', async () => {
    await fillMirror();
    const text = await runCommand(ArtifactsFetch);
    expect(text).toMatch(/^etcd .* etcdutl /m);
    expect(text).toMatch(/registry\.k8s\.io\/pause:3\.10\.2/);
    const rows = JSON.parse(await runCommand(ArtifactsList, '-o', 'json')) as { state: string }[];
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['cached']));
  });

  test('gives the index as JSON', async () => {
    await fillMirror();
    const index = JSON.parse(await runCommand(ArtifactsFetch, '-o', 'json')) as { binaries: { name: string; sha256: string }[] };
    expect(index.binaries.find(({ name }) => name === 'containerd-shim-runc-v2')?.sha256).toBe(sha256('containerd-shim-runc-v2'));
  });

  test('fails with everything that is missing', async () => {
    await expect(runCommand(ArtifactsFetch)).rejects.toBeInstanceOf(ArtifactError);
    await expect(runCommand(ArtifactsFetch)).rejects.toThrow(/11 artifacts cannot be had/);
  });
});
