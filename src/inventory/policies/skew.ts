import { judgeSkew, type Running, type Skewed } from '../../cluster/skew.ts';
import { parseVersion } from '../../cluster/version.ts';
import type { Draft } from '../draft.ts';
import { errorAt, type Finding, type Path } from '../problem.ts';

const onControlPlanes = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const satisfies readonly Skewed[];
const onNodes = ['kubelet', 'kube-proxy'] as const satisfies readonly Skewed[];

interface Wanted extends Running {
  /** Where the inventory says so. */
  readonly path: Path;
}

function wantedOn({ cluster, nodes }: Draft, index: number): readonly Wanted[] {
  const { roles = [], components, name = `nodes[${index}]` } = nodes[index] ?? {};
  const programs: readonly Skewed[] = [
    ...(roles.includes('control-plane') ? onControlPlanes : []),
    ...(roles.some((role) => role !== 'etcd') ? onNodes : []),
  ];
  return programs.flatMap((component) => {
    const places: readonly (readonly [string | undefined, Path])[] = [
      [components?.[component]?.version, ['nodes', index, 'components', component, 'version']],
      [cluster.components?.[component]?.version, ['cluster', 'components', component, 'version']],
      [cluster.kubernetesVersion, ['cluster', 'kubernetesVersion']],
    ];
    const [text, path] = places.find(([found]) => found !== undefined) ?? [];
    const version = text === undefined ? undefined : parseVersion(text);
    return version === undefined || path === undefined ? [] : [{ node: name, component, version, path }];
  });
}

/** Releases of single components and nodes, which must not be further apart than Kubernetes allows. */
export function checkSkew(draft: Draft): Finding[] {
  const wanted = draft.nodes.flatMap((_, index) => wantedOn(draft, index));
  return judgeSkew(wanted).flatMap(({ node, component, message }) => {
    const path = wanted.find((each) => each.node === node && each.component === component)?.path;
    return path === undefined ? [] : [errorAt(path, message)];
  });
}
