import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hostArchitecture } from '../build/mirror.ts';
import { newPlacement, renderCluster } from '../src/app/render-cluster.ts';
import type { ArtifactIndex } from '../src/artifacts/artifact-index.ts';
import { fetchArtifacts } from '../src/artifacts/fetch-artifacts.ts';
import { clusterArtifacts } from '../src/artifacts/required-artifacts.ts';
import { pauseImage } from '../src/components/images.ts';
import { loadInventory } from '../src/inventory/load-inventory.ts';
import { readMachineFacts } from '../src/lab/machine-facts.ts';
import type { LabMachine } from '../src/lab/state.ts';
import { kubeadmConfig, kubeletDropIn, kubeletUnit } from './kubeadm-files.ts';
import { type KubeadmImage, kubeadmImages } from './kubeadm-images.ts';
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

function startScript(images: readonly KubeadmImage[], pause: string): string {
  return `set -e
chmod 0755 /opt/kcluster/bin/* /opt/cni/bin/* /usr/bin/kubelet /usr/bin/kubectl /usr/bin/kubeadm /usr/bin/crictl
sysctl -q -p /etc/sysctl.d/90-kcluster.conf
systemctl daemon-reload
systemctl enable -q --now containerd
systemctl enable -q kubelet
${importScript(images)}
/opt/kcluster/bin/ctr -n k8s.io images ls -q | grep -qxF ${pause}
rm -rf ${imageDirectory}
sync
`;
}

/** Everything that a machine prepared for kubeadm has, none of it timed: runtime, plugins, configuration, every image imported. */
export async function prepareKubeadmHost(lab: FreshLab, machine: LabMachine, context: BenchContext): Promise<void> {
  const { kubernetes, mirror, signal } = context;
  const arch = hostArchitecture() === 'arm64' ? 'arm64' : 'amd64';
  const cluster = await loadInventory(lab.inventory);
  const index = await fetchArtifacts(
    clusterArtifacts(cluster, () => arch),
    { mirror, trust: 'mirror', signal },
  );
  const kubeadm = kubernetesBinary(mirror, kubernetes, arch, 'kubeadm');
  const images = await kubeadmImages(kubeadm, kubernetes, index);
  const files = new HostFiles(lab.name, machine.name);

  const rendered = renderCluster(cluster);
  for (const file of sharedFiles) {
    const text = rendered.get(`${machine.name}/${file}`);
    if (text === undefined) throw new RangeError(`kcluster renders no /${file} any more`);
    await files.write(`/${file}`, text);
  }
  for (const binary of index.binaries) {
    if (runtimeComponents.includes(binary.component)) await files.copy(binary.path, placeOf(binary), 0o755);
  }
  await files.copy(kubeadm, '/usr/bin/kubeadm', 0o755);
  for (const { archive } of images) await files.copy(archive, `${imageDirectory}/${path.basename(archive)}`, 0o600);
  const facts = await readMachineFacts();
  await files.write('/etc/kubeadm.yaml', kubeadmConfig({ kubernetes, name: machine.name, address: machine.address, facts }));
  await files.write('/etc/systemd/system/kubelet.service', kubeletUnit);
  await files.write('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', kubeletDropIn);
  await runOnHost(lab.name, machine, startScript(images, pauseImage(newPlacement(cluster))), signal);
}
