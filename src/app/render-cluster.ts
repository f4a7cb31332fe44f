import { selectVersions } from '../artifacts/select-versions.ts';
import type { Cluster, Node } from '../cluster/cluster.ts';
import { allotPodCIDRs } from '../cluster/pod-cidrs.ts';
import { describeClusterObjects, describeNode } from '../components/describe-node.ts';
import type { Description, Placement } from '../engine/description.ts';
import type { FileResource, Resource } from '../engine/resource.ts';
import { readTemplate } from '../engine/template-source.ts';
import { createRenderer } from '../render/templates.ts';
import { stringifyYaml } from '../render/yaml.ts';

const render = createRenderer(readTemplate);

/** A cluster before its first bring-up, with the catalogue's releases. */
export function newPlacement(cluster: Cluster): Placement {
  return {
    versions: selectVersions(cluster),
    podCIDRs: allotPodCIDRs(cluster, new Map()),
    etcdExists: false,
    etcdJoins: new Map(),
    refusals: [],
    absences: new Map(),
  };
}

function textOf({ content }: FileResource): string {
  return 'text' in content ? content.text : `<secret ${content.secret}>\n`;
}

const modeOf = (mode: number) => mode.toString(8).padStart(4, '0');

/** One line a resource: what the files themselves do not say. */
function lineOf(resource: Resource): string {
  switch (resource.kind) {
    case 'file':
    case 'directory':
      return `${modeOf(resource.mode)} ${resource.owner}:${resource.group} ${resource.path}`;
    case 'gone':
      return resource.path;
    case 'only':
      return `${resource.path}: ${resource.names.join(' ')}`.trimEnd();
    case 'old-releases':
      return [...resource.releases].map(([component, release]) => `${component} ${release}`).join(', ');
    case 'unit-gone':
      return resource.unit;
    case 'link':
      return `${resource.path} -> ${resource.target}`;
    case 'user':
      return `${resource.name} ${resource.home}`;
    case 'package':
      return resource.command;
    case 'module':
      return resource.name;
    case 'byproduct':
      return `${resource.of} ${resource.name}`;
    case 'sysctl':
      return `${resource.key}=${resource.value}`;
    case 'binary':
      return resource.path;
    case 'image':
      return resource.reference;
    case 'certificate':
      return `${resource.entry.request.id}${resource.entry.files.map(({ mode, owner, path }) => ` [${modeOf(mode)} ${owner} ${path}]`).join('')}`;
    case 'unit':
      return `${resource.unit}${resource.inputs.map((input) => `\n    ${resource.reloads?.includes(input) ? 'reloads' : 'restarts'} with ${input}`).join('')}`;
    default:
      return '';
  }
}

function listOf(descriptions: readonly Description[]): string {
  const lines = (title: string, resources: readonly Resource[]) =>
    resources.map((resource) => `  ${title} ${resource.kind} ${lineOf(resource)}\n`).join('');
  return descriptions.map(({ component, install, run }) => `${component}\n${lines('install', install)}${lines('run', run)}`).join('\n');
}

/** Path under the node's folder -> bytes. */
function filesOf(cluster: Cluster, node: Node): ReadonlyMap<string, string> {
  const descriptions = describeNode(cluster, node, newPlacement(cluster), render);
  const files = new Map([['resources.txt', listOf(descriptions)]]);
  for (const resource of descriptions.flatMap(({ install, run }) => [...install, ...run])) {
    if (resource.kind === 'file') files.set(resource.path.slice(1), textOf(resource));
    if (resource.kind !== 'certificate') continue;
    const { request, files: parts, kubeconfig } = resource.entry;
    for (const { path, part } of parts)
      files.set(path.slice(1), `<${part} of ${request.id}>\n${stringifyYaml({ ...request, ...(kubeconfig ? { kubeconfig } : {}) })}`);
  }
  return files;
}

/** Everything that an inventory puts on hosts and into the API: path under the output directory -> bytes. */
export function renderCluster(cluster: Cluster): ReadonlyMap<string, string> {
  const rendered = new Map<string, string>();
  for (const node of cluster.nodes) {
    for (const [path, text] of filesOf(cluster, node)) rendered.set(`${node.name}/${path}`, text);
  }
  const objects = describeClusterObjects(cluster, newPlacement(cluster)).flatMap(({ run }) => run);
  const documents = objects.flatMap((resource) => (resource.kind === 'kube-object' ? [stringifyYaml(resource.object)] : []));
  rendered.set('kube-objects.yaml', documents.join('---\n'));
  return rendered;
}
