import type { JsonObject } from '../cluster/cluster.ts';
import type { ImageResource } from '../engine/resource.ts';
import { mergeConfig } from '../render/merge-config.ts';
import { stringifyToml } from '../render/toml.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import { imagesOfNodes, pauseImage } from './images.ts';
import { dataByproduct, dataDirectory, directory, linkDirectory, programs, textFile } from './parts.ts';

export const containerdSocket = '/run/containerd/containerd.sock';
const configPath = '/etc/containerd/config.toml';
const registryDirectory = '/etc/containerd/certs.d';

/** Schema 3: read by every 2.x. */
function configOf(pause: string): JsonObject {
  return {
    version: 3,
    root: '/var/lib/containerd',
    state: '/run/containerd',
    plugins: {
      'io.containerd.cri.v1.images': {
        pinned_images: { sandbox: pause },
        registry: { config_path: registryDirectory },
      },
      'io.containerd.cri.v1.runtime': {
        cni: { bin_dirs: ['/opt/cni/bin'], conf_dir: '/etc/cni/net.d' },
        containerd: {
          default_runtime_name: 'runc',
          runtimes: {
            runc: {
              runtime_type: 'io.containerd.runc.v2',
              options: { BinaryName: `${linkDirectory}/runc`, SystemdCgroup: true },
            },
          },
        },
      },
    },
  };
}

export const describeContainerd: Describe = (cluster, node, placement, render) => {
  const { binaries, links } = programs('containerd', placement.versions.containerd, ['containerd', 'ctr', 'containerd-shim-runc-v2']);
  const config = mergeConfig(configOf(pauseImage(placement)), node.components.containerd.config);
  const configFile = textFile(configPath, () => `# Written by kcluster.\n${stringifyToml(config)}`);
  const unit = unitFile(render, node, 'containerd', { config: configPath });
  // The shim and runc are started anew for each pod: only containerd itself wants a restart.
  const inputs = [unit.path, configPath, `${linkDirectory}/containerd`];
  return {
    component: 'containerd',
    install: [
      directory('/etc/containerd'),
      directory(registryDirectory),
      dataDirectory('/var/lib/containerd', { mode: 0o700 }),
      dataByproduct('/run/containerd'),
      dataByproduct('/run/nri'),
      ...binaries,
    ],
    run: [
      ...links,
      configFile,
      unit,
      { kind: 'unit', unit: unitName('containerd'), inputs },
      ...imagesOfNodes(cluster, placement).map((reference): ImageResource => ({ kind: 'image', reference })),
    ],
    unit: unitName('containerd'),
    health: [],
    ports: [],
  };
};
