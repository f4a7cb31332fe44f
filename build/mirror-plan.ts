import { catalogue } from '../src/artifacts/catalogue.ts';
import type { ComponentName } from '../src/cluster/cluster.ts';
import { minorOf, parseVersion } from '../src/cluster/version.ts';
import {
  ageProduct,
  cniProduct,
  containerdProduct,
  corednsProduct,
  crictlProduct,
  echoProduct,
  etcdProduct,
  kubeBenchProduct,
  kubernetesProduct,
  kubernetesVersions,
  type Product,
  pauseProduct,
  runcProduct,
} from './products.ts';

const kubernetesPrograms = ['kube-apiserver', 'kube-controller-manager', 'kubelet', 'kube-scheduler', 'kube-proxy', 'kubectl'];

/** What a mirror for one Kubernetes release consists of; `extras` only when asked for by name. */
export interface MirrorPlan {
  readonly products: readonly Product[];
  readonly extras: readonly Product[];
}

/** @throws RangeError for a release without a wrapper module here. */
export function planMirror(kubernetes: string, arch: string): MirrorPlan {
  const version = parseVersion(kubernetes);
  if (version === undefined || !kubernetesVersions.includes(kubernetes)) {
    throw new RangeError(`Kubernetes ${kubernetes} cannot be built here; known: ${kubernetesVersions.join(', ')}`);
  }
  const defaults = catalogue.kubernetes[minorOf(version)]?.defaults ?? {};
  const release = (name: ComponentName): string => {
    const found = defaults[name];
    if (found === undefined) throw new RangeError(`the catalogue has no ${name} for Kubernetes ${kubernetes}`);
    return found;
  };
  return {
    products: [
      pauseProduct(release('pause')),
      echoProduct(),
      etcdProduct(release('etcd'), arch),
      containerdProduct(release('containerd'), arch),
      runcProduct(release('runc'), arch),
      cniProduct(release('cni-plugins'), arch),
      crictlProduct(release('crictl'), arch),
      ...kubernetesPrograms.map((name) => kubernetesProduct(name, kubernetes, arch)),
      corednsProduct(release('coredns')),
      ageProduct(release('age'), arch),
    ],
    extras: [kubernetesProduct('kubeadm', kubernetes, arch), kubeBenchProduct('0.14.0', arch)],
  };
}
