import { minorOf, parseVersion } from '../src/cluster/version.ts';

/** One program of a wrapper module (or, for images of our own, of its source folder). */
export interface Program {
  readonly name: string;
  readonly package: string;
}

export interface GoOptions {
  readonly cgo: boolean;
  readonly tags: readonly string[];
  readonly ldflags: readonly string[];
}

/** `bare`: digest only; `named`: "digest  file"; `list`: the same in a file shared by the folder. */
export interface ChecksumStyle {
  readonly style: 'bare' | 'named';
  /** File name beside the download; default: its name + `.sha256`. */
  readonly file?: string;
}

export type Packing =
  | { readonly kind: 'file'; readonly path: string; readonly checksum: ChecksumStyle }
  | {
      readonly kind: 'archive';
      readonly path: string;
      /** Folder inside the archive, with a slash at its end; may be empty. */
      readonly prefix: string;
      readonly checksum: ChecksumStyle;
      /** Folder of the Go module that is packed too. */
      readonly moduleFolder?: { readonly module: string; readonly folder: string };
    }
  | { readonly kind: 'image'; readonly reference: string; readonly entrypoint: readonly string[] };

/** Something that the mirror holds and this folder knows how to build. */
export interface Product {
  readonly name: string;
  readonly version: string;
  /** Folder with `go.mod`, relative to `build/`. */
  readonly module: string;
  readonly programs: readonly Program[];
  readonly go: GoOptions;
  readonly packing: Packing;
}

const strip = ['-s', '-w'];
const plainGo: GoOptions = { cgo: false, tags: [], ldflags: strip };
const github = 'github.com';

/** The moment upstream tagged each release: makes `buildDate` the same in every build. */
const kubernetesDates: Readonly<Record<string, string>> = {
  '1.37.1': '2026-09-23T17:06:22Z',
  '1.36.5': '2026-09-23T18:59:36Z',
  '1.36.3': '2026-07-22T18:07:38Z',
  '1.35.4': '2026-04-15T18:01:22Z',
};

export const kubernetesVersions: readonly string[] = Object.keys(kubernetesDates);

/** Unstamped binaries call themselves v0.0.0 and then misjudge versions, so every one is stamped. */
function stampKubernetes(version: string): readonly string[] {
  const parsed = parseVersion(version);
  const [major, minor] = parsed === undefined ? ['', ''] : minorOf(parsed).split('.');
  const facts = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: kubernetesDates[version] ?? '1970-01-01T00:00:00Z',
  };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
    Object.entries(facts).flatMap(([name, value]) => ['-X', `${path}.${name}=${value}`]),
  );
}

export function kubernetesProduct(name: string, version: string, arch: string): Product {
  return {
    name,
    version,
    module: `kubernetes/${version}`,
    programs: [{ name, package: `k8s.io/kubernetes/cmd/${name}` }],
    go: { cgo: false, tags: ['grpcnotrace', 'providerless'], ldflags: [...strip, ...stampKubernetes(version)] },
    packing: { kind: 'file', path: `dl.k8s.io/release/v${version}/bin/linux/${arch}/${name}`, checksum: { style: 'bare' } },
  };
}

export function etcdProduct(version: string, arch: string): Product {
  const programs = { etcd: 'server', etcdctl: 'etcdctl', etcdutl: 'etcdutl' };
  return {
    name: 'etcd',
    version,
    module: `etcd/${version}`,
    programs: Object.entries(programs).map(([name, folder]) => ({ name, package: `go.etcd.io/etcd/${folder}/v3` })),
    go: plainGo,
    packing: {
      kind: 'archive',
      path: `${github}/etcd-io/etcd/releases/download/v${version}/etcd-v${version}-linux-${arch}.tar.gz`,
      prefix: `etcd-v${version}-linux-${arch}/`,
      checksum: { style: 'named', file: 'SHA256SUMS' },
    },
  };
}

export function containerdProduct(version: string, arch: string): Product {
  const root = 'github.com/containerd/containerd/v2';
  const stamps = [`${root}/version.Version=v${version}`, `${root}/version.Package=${root}`];
  return {
    name: 'containerd',
    version,
    module: `containerd/${version}`,
    programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => ({ name, package: `${root}/cmd/${name}` })),
    go: {
      cgo: false,
      tags: ['no_btrfs', 'urfave_cli_no_docs', 'osusergo', 'netgo', 'static_build'],
      ldflags: [...strip, ...stamps.flatMap((stamp) => ['-X', stamp])],
    },
    packing: {
      kind: 'archive',
      path: `${github}/containerd/containerd/releases/download/v${version}/containerd-static-${version}-linux-${arch}.tar.gz`,
      prefix: 'bin/',
      checksum: { style: 'named', file: `containerd-static-${version}-linux-${arch}.tar.gz.sha256sum` },
    },
  };
}

export function runcProduct(version: string, arch: string): Product {
  return {
    name: 'runc',
    version,
    module: `runc/${version}`,
    programs: [{ name: 'runc', package: 'github.com/opencontainers/runc' }],
    go: { cgo: true, tags: ['seccomp', 'osusergo', 'netgo'], ldflags: [...strip, '-linkmode', 'external', '-extldflags', '-static'] },
    packing: {
      kind: 'file',
      path: `${github}/opencontainers/runc/releases/download/v${version}/runc.${arch}`,
      checksum: { style: 'named', file: 'runc.sha256sum' },
    },
  };
}

const cniPlugins: Readonly<Record<string, readonly string[]>> = {
  ipam: ['dhcp', 'host-local', 'static'],
  main: ['bridge', 'dummy', 'host-device', 'ipvlan', 'loopback', 'macvlan', 'ptp', 'tap', 'vlan'],
  meta: ['bandwidth', 'firewall', 'portmap', 'sbr', 'tuning', 'vrf'],
};

export function cniProduct(version: string, arch: string): Product {
  const root = 'github.com/containernetworking/plugins';
  return {
    name: 'cni-plugins',
    version,
    module: `cni-plugins/${version}`,
    programs: Object.entries(cniPlugins).flatMap(([folder, names]) =>
      names.map((name) => ({ name, package: `${root}/plugins/${folder}/${name}` })),
    ),
    go: { ...plainGo, ldflags: [...strip, '-X', `${root}/pkg/utils/buildversion.BuildVersion=v${version}`] },
    packing: {
      kind: 'archive',
      path: `${github}/containernetworking/plugins/releases/download/v${version}/cni-plugins-linux-${arch}-v${version}.tgz`,
      prefix: './',
      checksum: { style: 'named' },
    },
  };
}

export function crictlProduct(version: string, arch: string): Product {
  return {
    name: 'crictl',
    version,
    module: `crictl/${version}`,
    programs: [{ name: 'crictl', package: 'sigs.k8s.io/cri-tools/cmd/crictl' }],
    go: { ...plainGo, ldflags: [...strip, '-X', `sigs.k8s.io/cri-tools/pkg/version.Version=v${version}`] },
    packing: {
      kind: 'archive',
      path: `${github}/kubernetes-sigs/cri-tools/releases/download/v${version}/crictl-v${version}-linux-${arch}.tar.gz`,
      prefix: '',
      checksum: { style: 'bare' },
    },
  };
}

export function ageProduct(version: string, arch: string): Product {
  return {
    name: 'age',
    version,
    module: `age/${version}`,
    programs: [{ name: 'age', package: 'filippo.io/age/cmd/age' }],
    go: { ...plainGo, ldflags: [...strip, '-X', `main.Version=v${version}`] },
    packing: {
      kind: 'archive',
      path: `${github}/FiloSottile/age/releases/download/v${version}/age-v${version}-linux-${arch}.tar.gz`,
      prefix: 'age/',
      checksum: { style: 'bare' },
    },
  };
}

export function corednsProduct(version: string): Product {
  return {
    name: 'coredns',
    version,
    module: `coredns/${version}`,
    programs: [{ name: 'coredns', package: 'github.com/coredns/coredns' }],
    go: { ...plainGo, tags: ['grpcnotrace'] },
    packing: { kind: 'image', reference: `registry.k8s.io/coredns/coredns:v${version}`, entrypoint: ['/coredns'] },
  };
}

export function pauseProduct(version: string): Product {
  return {
    name: 'pause',
    version,
    module: 'images/pause',
    programs: [{ name: 'pause', package: '.' }],
    go: { ...plainGo, ldflags: [...strip, '-X', `main.version=${version}`] },
    packing: { kind: 'image', reference: `registry.k8s.io/pause:${version}`, entrypoint: ['/pause'] },
  };
}

export function echoProduct(): Product {
  return {
    name: 'echo',
    version: '1',
    module: 'images/echo',
    programs: [{ name: 'echo', package: '.' }],
    go: plainGo,
    packing: { kind: 'image', reference: 'kcluster.dev/echo:1', entrypoint: ['/echo'] },
  };
}

export function kubeBenchProduct(version: string, arch: string): Product {
  const root = 'github.com/aquasecurity/kube-bench';
  return {
    name: 'kube-bench',
    version,
    module: `kube-bench/${version}`,
    programs: [{ name: 'kube-bench', package: root }],
    go: { ...plainGo, ldflags: [...strip, '-X', `${root}/cmd.KubeBenchVersion=${version}`] },
    packing: {
      kind: 'archive',
      path: `${github}/aquasecurity/kube-bench/releases/download/v${version}/kube-bench_${version}_linux_${arch}.tar.gz`,
      prefix: '',
      checksum: { style: 'named', file: `kube-bench_${version}_checksums.txt` },
      moduleFolder: { module: root, folder: 'cfg' },
    },
  };
}
