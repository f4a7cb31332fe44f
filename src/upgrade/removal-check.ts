import { type ComponentName, componentNames, type Json, type Node } from '../cluster/cluster.ts';
import { listNames } from '../cluster/list-names.ts';
import { minorOf } from '../cluster/version.ts';
import { etcdRemovals, gateChanges, removals } from './removals.ts';
import { releaseAfter } from './running-parts.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';

/** Something that the inventory sets and a release on the way refuses. */
interface Refused {
  /** The same on every node that sets it. */
  readonly message: string;
  readonly remedy: string;
}

const valuesOf = (node: Node, component: ComponentName, flag: string): readonly string[] => {
  const value = node.components[component].extraArgs[flag];
  if (value === undefined || value === null) return [];
  return (typeof value === 'string' ? [value] : value).flatMap((text) => text.split(',')).map((text) => text.trim());
};

/** Flags that are set; one that is left out is not given to the program. */
const flagsOf = (node: Node, component: ComponentName): readonly string[] =>
  Object.entries(node.components[component].extraArgs).flatMap(([flag, value]) => (value === null ? [] : [flag]));

/** Gate -> value, of flags and of configuration files. */
function gatesOf(node: Node, component: ComponentName): ReadonlyMap<string, boolean> {
  const pairs = valuesOf(node, component, 'feature-gates').map((pair): readonly [string, boolean] => {
    const [name = '', value = ''] = pair.replace(/^kube:/, '').split('=');
    return [name, value.toLowerCase() === 'true'];
  });
  const inFile: Json | undefined = node.components[component].config.featureGates;
  const config = typeof inFile === 'object' && inFile !== null && !Array.isArray(inFile) ? Object.entries(inFile) : [];
  return new Map([...config.map(([name, value]) => [name, value === true] as const), ...pairs]);
}

function judgeGates(node: Node, component: ComponentName, minor: string): readonly Refused[] {
  const changes = gateChanges[minor];
  if (changes === undefined) return [];
  return [...gatesOf(node, component)].flatMap(([gate, value]): readonly Refused[] => {
    if (changes.removed.includes(gate))
      return [
        {
          message: `${component} ${minor} does not know the feature gate ${gate} any more, and does not start with it`,
          remedy: `take ${gate} out of the feature gates of components.${component}`,
        },
      ];
    const only = changes.locked[gate];
    if (only === undefined || only === value) return [];
    const message = `the feature gate ${gate} is always ${only} since ${minor}, and ${component} does not start with ${value}`;
    return [{ message, remedy: `take ${gate} out of the feature gates of components.${component}, and do without` }];
  });
}

function judgeFlags(node: Node, component: ComponentName, minor: string): readonly Refused[] {
  const gone = removals[minor]?.flags[component] ?? [];
  return flagsOf(node, component)
    .filter((flag) => gone.includes(flag))
    .map((flag) => ({
      message: `${component} ${minor} does not know the flag ${flag} any more, and does not start with it`,
      remedy: `take ${flag} out of components.${component}.extraArgs`,
    }));
}

function judgePlugins(node: Node, minor: string): readonly Refused[] {
  const gone = removals[minor]?.admissionPlugins ?? [];
  return ['enable-admission-plugins', 'disable-admission-plugins'].flatMap((flag) =>
    valuesOf(node, 'kube-apiserver', flag)
      .filter((plugin) => gone.includes(plugin))
      .map((plugin) => ({
        message: `kube-apiserver ${minor} does not know the admission plugin ${plugin} any more, and does not start with it`,
        remedy: `take ${plugin} out of ${flag} in components.kube-apiserver.extraArgs`,
      })),
  );
}

function judgeEtcd(input: UpgradeInput, node: Node): readonly Refused[] {
  const release = node.roles.includes('etcd') ? releaseAfter(input, 'etcd', node) : undefined;
  const gone = release === undefined ? undefined : etcdRemovals[minorOf(release)];
  if (release === undefined || gone === undefined) return [];
  return flagsOf(node, 'etcd')
    .filter((flag) => gone.test(flag))
    .map((flag) => ({
      message: `etcd ${minorOf(release)} does not know the flag ${flag} any more, and does not start with it`,
      remedy: `take ${flag} out of components.etcd.extraArgs, or give its new name where it has one`,
    }));
}

/** Kubernetes' own programs that run on the node. */
function programsOn({ roles }: Node): readonly ComponentName[] {
  const onNodes = ['kubelet', 'kube-proxy'];
  const onControlPlanes = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  const isPart = (name: string): boolean =>
    (roles.includes('control-plane') && onControlPlanes.includes(name)) ||
    (roles.some((role) => role !== 'etcd') && onNodes.includes(name));
  return componentNames.filter(isPart);
}

function judgeNode(input: UpgradeInput, minors: readonly string[], node: Node): readonly Refused[] {
  const ofKubernetes = minors.flatMap((minor) =>
    programsOn(node).flatMap((component) => [
      ...judgeFlags(node, component, minor),
      ...judgeGates(node, component, minor),
      ...(component === 'kube-apiserver' ? judgePlugins(node, minor) : []),
    ]),
  );
  return [...ofKubernetes, ...judgeEtcd(input, node)];
}

/** Flags, feature gates and admission plugins of the inventory that a release on the way refuses. */
export const removalCheck: UpgradeCheck = {
  id: 'RemovedSetting',
  title: 'the inventory sets nothing that a release on the way refuses',
  severity: 'error',
  mandatory: true,
  judge: (input) => {
    const minors = [...new Set(input.hops.map(minorOf))];
    const byMessage = new Map<string, Refused & { readonly nodes: string[] }>();
    for (const node of input.desired.cluster.nodes)
      for (const refused of judgeNode(input, minors, node)) {
        const known = byMessage.get(refused.message) ?? { ...refused, nodes: [] };
        known.nodes.push(node.name);
        byMessage.set(refused.message, known);
      }
    return [...byMessage.values()].map(
      ({ message, remedy, nodes }): Found => ({ message: `${message} (set for ${listNames(nodes)})`, remedy }),
    );
  },
};
