import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hostArchitecture } from '../build/mirror.ts';
import { newPlacement, renderCluster } from '../src/app/render-cluster.ts';
import type { ArtifactIndex } from '../src/artifacts/artifact-index.ts';
import { fetchArtifacts } from '../src/artifacts/fetch-artifacts.ts';
import { clusterArtifacts } from '../src/artifacts/required-artifacts.ts';
import { parseVersion } from '../src/cluster/version.ts';
import { pauseImage } from '../src/components/images.ts';
import { loadInventory } from '../src/inventory/load-inventory.ts';
import type { LabMachine } from '../src/lab/state.ts';
import { kubeletDropIn, kubeletUnit } from './kubeadm-files.ts';
import { imageName, type KubeadmImage, kubeadmImages } from './kubeadm-images.ts';
import { nextPrograms } from './kubeadm-upgrade-script.ts';
import { type BenchContext, type FreshLab, fileOfHost, runOnHost } from './lab-host.ts';
import { kubernetesBinary } from './paths.ts';

/** Rendered files that kubeadm's host shares with kcluster's, so that both have the same runtime and the same pod network. */
const sharedFiles = [
  'etc/containerd/config.toml',
  'etc/systemd/system/containerd.service',
  'etc/cni/net.d/10-kcluster.conflist',
  'etc/modules-load.d/kcluster.conf',
  'etc/sysctl.d/90-kcluster.conf',
];

const places: Readonly<Record<string, string>> = { kubelet: '/usr/bin', kubectl: '/usr/bin', crictl: '/usr/bin' };
const runtimeComponents = ['containerd', 'runc', 'cni-plugins', 'kubelet', 'kubectl', 'crictl'];

function placeOf({ component, name }: ArtifactIndex['binaries'][number]): string {
  return `${places[component] ?? (component === 'cni-plugins' ? '/opt/cni/bin' : '/opt/kcluster/bin')}/${name}`;
}

class HostFiles {
  readonly #lab: string;
  readonly #host: string;

  constructor(lab: string, host: string) {
    this.#lab = lab;
    this.#host = host;
  }

  async copy(source: string, file: string, mode: number): Promise<void> {
    const target = await this.#target(file);
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await writeFile(target, '', { flag: 'a', mode });
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(await this.#target(file), text);
  }

  async #target(file: string): Promise<string> {
    const target = fileOfHost(this.#lab, this.#host, file);
    await mkdir(path.dirname(target), { recursive: true });
    return target;
  }
}

const imageDirectory = '/opt/images';

function importScript(images: readonly KubeadmImage[]): string {
  const ctr = '/opt/kcluster/bin/ctr -n k8s.io images';
  const lines = images.flatMap(({ archive, reference, alias }) => [
    `${ctr} import ${imageDirectory}/${path.basename(archive)} >/dev/null`,
    ...(alias === undefined ? [] : [`${ctr} tag ${reference} ${alias} >/dev/null`]),
  ]);
  return lines.join('\n');
}

function startScript(images: readonly KubeadmImage[], pause: string, units: readonly string[]): string {
  return `set -e
chmod 0755 /opt/kcluster/bin/* /opt/cni/bin/* /usr/bin/kubelet /usr/bin/kubectl /usr/bin/kubeadm /usr/bin/crictl
sysctl -q -p /etc/sysctl.d/90-kcluster.conf
systemctl daemon-reload
systemctl enable -q --now containerd
systemctl enable -q kubelet
${units.map((unit) => `systemctl start ${unit}\n`).join('')}${importScript(images)}
/opt/kcluster/bin/ctr -n k8s.io images ls -q | grep -qxF ${pause}
rm -rf ${imageDirectory}
sync
`;
}

/** What every host of a lab gets alike. */
interface KubeadmParts {
  readonly lab: FreshLab;
  readonly binaries: ArtifactIndex['binaries'];
  /** Path of the program on this machine. */
  readonly kubeadm: string;
  readonly images: readonly KubeadmImage[];
  readonly pause: string;
  readonly rendered: ReadonlyMap<string, string>;
}

async function gatherParts(lab: FreshLab, kubernetes: string, { mirror, signal }: BenchContext): Promise<KubeadmParts> {
  const arch = hostArchitecture() === 'arm64' ? 'arm64' : 'amd64';
  const inventory = await loadInventory(lab.inventory);
  const cluster = { ...inventory, kubernetesVersion: parseVersion(kubernetes) ?? inventory.kubernetesVersion };
  const index = await fetchArtifacts(
    clusterArtifacts(cluster, () => arch),
    { mirror, trust: 'mirror', signal },
  );
  const kubeadm = kubernetesBinary(mirror, kubernetes, arch, 'kubeadm');
  return {
    lab,
    binaries: index.binaries.filter(({ component }) => runtimeComponents.includes(component)),
    kubeadm,
    images: await kubeadmImages(kubeadm, kubernetes, index),
    pause: pauseImage(newPlacement(cluster)),
    rendered: renderCluster(cluster),
  };
}

/** What is special about one host. */
export interface KubeadmHostPlan {
  readonly machine: LabMachine;
  /** What `kubeadm init` or `kubeadm join` is told. */
  readonly config: string;
  /** Rendered by kcluster, besides what all hosts share with it. */
  readonly shared?: readonly string[];
  /** Path on the host -> text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Started beforehand, besides containerd. */
  readonly units?: readonly string[];
  /** Images it does without, by their last name. */
  readonly without?: readonly string[];
}

/** Programs of the release that a host is upgraded to. */
async function putNext({ binaries, kubeadm }: KubeadmParts, files: HostFiles): Promise<void> {
  await files.copy(kubeadm, `${nextPrograms}/kubeadm`, 0o755);
  for (const { name, path: source } of binaries.filter(({ component }) => component === 'kubelet' || component === 'kubectl'))
    await files.copy(source, `${nextPrograms}/${name}`, 0o755);
}

async function prepareHost(parts: KubeadmParts, plan: KubeadmHostPlan, signal: AbortSignal, next: KubeadmParts | undefined): Promise<void> {
  const { lab, binaries, kubeadm, pause, rendered } = parts;
  const { machine } = plan;
  const images = [...parts.images, ...(next?.images ?? [])].filter(({ reference }) => !plan.without?.includes(imageName(reference)));
  const files = new HostFiles(lab.name, machine.name);
  if (next !== undefined) await putNext(next, files);
  for (const file of [...sharedFiles, ...(plan.shared ?? [])]) {
    const text = rendered.get(`${machine.name}/${file}`);
    if (text === undefined) throw new RangeError(`kcluster renders no /${file} any more`);
    await files.write(`/${file}`, text);
  }
  for (const binary of binaries) await files.copy(binary.path, placeOf(binary), 0o755);
  await files.copy(kubeadm, '/usr/bin/kubeadm', 0o755);
  for (const { archive } of images) await files.copy(archive, `${imageDirectory}/${path.basename(archive)}`, 0o600);
  await files.write('/etc/kubeadm.yaml', plan.config);
  await files.write('/etc/systemd/system/kubelet.service', kubeletUnit);
  await files.write('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', kubeletDropIn);
  for (const [file, text] of Object.entries(plan.files ?? {})) await files.write(file, text);
  await runOnHost(lab.name, machine, startScript(images, pause, plan.units ?? []), signal);
}

/**
 * Everything that machines prepared for kubeadm have, none of it timed: runtime, plugins, configuration, every image imported.
 * @param next release that the cluster is upgraded to: its images and programs are there, too
 */
export async function prepareKubeadmHosts(
  lab: FreshLab,
  plans: readonly KubeadmHostPlan[],
  context: BenchContext,
  next?: string,
): Promise<void> {
  const parts = await gatherParts(lab, context.kubernetes, context);
  const nextParts = next === undefined ? undefined : await gatherParts(lab, next, context);
  for (const plan of plans) await prepareHost(parts, plan, context.signal, nextParts);
}
