import type { ModelCluster } from './model-cluster.ts';
import type { ModelHost } from './model-host.ts';

/** What is different in every run, keys and what is signed with them, and stamps over these: it is there, that is all that can be compared. */
const drawn = /\/pki\/|\.conf$|\/kcluster\/(units|issued)\/|encryption-config|kubeconfig/;

const sorted = (entries: Iterable<readonly [string, unknown]>): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));

function pictureHost({ machine }: ModelHost): object {
  const files = [...machine.files].map(
    ([path, { sha256, sizeBytes, ...seen }]) =>
      [path, { ...seen, ...(drawn.test(path) ? {} : { content: machine.texts.get(path) ?? sha256 }) }] as const,
  );
  return {
    files: sorted(files),
    units: sorted(machine.units),
    binaries: sorted(machine.binaries),
    sysctls: sorted(machine.sysctls),
    users: [...machine.users].sort(),
    modules: [...machine.modules].sort(),
    commands: [...machine.commands].sort(),
    keeps: machine.keeps,
    images: [...(machine.images ?? [])].sort(),
  };
}

/** All that a model holds and that two runs must leave alike, whichever way they took. */
export function pictureOf(model: ModelCluster): Readonly<Record<string, unknown>> {
  return {
    hosts: sorted([...model.hosts].map(([name, host]) => [name, pictureHost(host)] as const)),
    nodes: sorted(model.nodes),
    objects: sorted(model.objects),
    etcd: model.etcd.members.map(({ name, isLearner }) => `${name} ${isLearner ? 'learner' : 'voter'}`).sort(),
  };
}
