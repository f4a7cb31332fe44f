import type { JsonObject } from '../../../src/cluster/cluster.ts';
import type { EtcdSeen, EtcdStatusSeen } from '../../../src/engine/etcd-seen.ts';
import type { KubePodsSeen, PodSeen } from '../../../src/engine/kube-pods.ts';
import type { EndpointSeen, EtcdEndpointSeen, FileSeen, HostFacts, Observations, UnitSeen } from '../../../src/engine/observation.ts';
import { endOfLook } from '../../../src/engine/probe-script.ts';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const line = (...fields: readonly (string | number)[]): string => fields.join('\t');
const typeBits = { file: 0o100000, directory: 0o040000, link: 0o120000, other: 0o060000 } as const;

function fileLines([path, { type, mode, owner, group, sizeBytes, sha256, target }]: readonly [string, FileSeen]): string[] {
  return [
    line('stat', path, (typeBits[type] | mode).toString(16), owner, group, sizeBytes),
    ...(target === undefined ? [] : [line('target', path, target)]),
    ...(sha256 === undefined ? [] : [line('sha256', `${sha256}  ${path}`)]),
  ];
}

function unitLines([unit, seen]: readonly [string, UnitSeen]): string[] {
  const rows = {
    Id: unit,
    LoadState: seen.load,
    ActiveState: seen.active,
    SubState: seen.sub,
    UnitFileState: seen.enabled,
    NeedDaemonReload: seen.needsReload ? 'yes' : 'no',
    NRestarts: seen.restarts,
    Result: seen.result,
  };
  return [...Object.entries(rows).map(([key, value]) => line('unit', `${key}=${value}`)), line('unit', '')];
}

function factLines(facts: HostFacts): string[] {
  const rows = {
    osId: facts.osId,
    osIdLike: facts.osIdLike,
    osVersion: facts.osVersion,
    kernel: facts.kernel,
    machine: facts.machine,
    hostname: facts.hostname,
    machineId: facts.machineId,
    cgroup: facts.cgroupVersion === 2 ? 'cgroup2fs' : 'tmpfs',
    memory: facts.memoryBytes / 1024,
    swap: facts.swapBytes / 1024,
    cpus: facts.cpus,
    systemd: facts.systemdVersion,
    clock: facts.clockSeconds,
    uid: facts.uid,
    packageManager: facts.packageManager.replace('apt', 'apt-get'),
  };
  return [
    ...Object.entries(rows).map(([key, value]) => line('facts', key, value)),
    ...Object.entries(facts.freeBytes).map(([path, bytes]) => line('facts', 'free', path, bytes / 1024, facts.freePercent[path] ?? 100)),
  ];
}

function listOf(tag: string, objects: ReadonlyMap<string, JsonObject> | undefined): string[] {
  return objects === undefined ? [] : [line(tag, base64(JSON.stringify({ kind: 'List', items: [...objects.values()] })))];
}

function podLine(node: string, { namespace, name, phase, controller, labels, hasEmptyDir, isMirror }: PodSeen): string {
  const owners = controller === undefined ? '' : JSON.stringify([{ ...controller, controller: true }]);
  return line('pod', node, namespace, name, phase, owners, JSON.stringify(labels), hasEmptyDir ? '{}' : '', isMirror ? 'hash' : '');
}

function kubePodLines({ pods, budgets, singles }: KubePodsSeen): string[] {
  return [
    ...budgets.map(({ namespace, name, disruptionsAllowed, selector }) =>
      line('budget', namespace, name, disruptionsAllowed, selector === undefined ? '' : JSON.stringify(selector)),
    ),
    ...[...singles].map((single) => line('single', ...single.split('/'))),
    ...[...pods].flatMap(([node, list]) => [line('kube-pods', node), ...list.map((pod) => podLine(node, pod))]),
  ];
}

const curlCodes: Partial<Record<EndpointSeen['result'], number>> = { silent: 28, refused: 7, closed: 35 };

function endpointLine({ addresses, result, status, fault }: EndpointSeen): string {
  const code = curlCodes[result];
  return line('endpoint', addresses?.join(' ') ?? '?', code === undefined ? result : 'verified', code ?? 0, status, fault);
}

function givenEtcdLine([url, { healthy, version, clusterId, keys, fault }]: readonly [string, EtcdEndpointSeen]): string {
  if (!healthy) return line('given-etcd', url, 'silent', base64(fault));
  const header = clusterId === undefined ? {} : { header: { cluster_id: clusterId } };
  const answers = [{ health: 'true' }, { etcdserver: version }, header, keys === undefined ? {} : { ...header, count: String(keys) }];
  return line('given-etcd', url, 'answered', ...answers.map((answer) => base64(JSON.stringify(answer))));
}

const decimal = (id: string): string => BigInt(`0x${id}`).toString();

function numbersOf(status: Omit<EtcdStatusSeen, 'leader' | 'revision' | 'healthy' | 'isLearner' | 'version' | 'errors'>): object {
  const { raftIndex, raftAppliedIndex, raftTerm, dbSizeBytes: dbSize, dbSizeInUseBytes: dbSizeInUse, quotaBytes: dbSizeQuota } = status;
  const numbers = { raftIndex, raftAppliedIndex, raftTerm, dbSize, dbSizeInUse, dbSizeQuota };
  return Object.fromEntries(Object.entries(numbers).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));
}

/** As the gateway writes it: 64-bit numbers as text, without what is zero or false. */
function etcdLines({ clusterId, memberId, members, statuses }: Omit<EtcdSeen, 'alarms'>): string[] {
  const headerOf = (id: string) => ({ cluster_id: decimal(clusterId), member_id: decimal(id), raft_term: '2' });
  const listed = members.map(({ id, name, isLearner, ...urls }) => ({
    ID: decimal(id),
    ...(name === '' ? {} : { name }),
    ...urls,
    ...(isLearner ? { isLearner } : {}),
  }));
  const answers = [...statuses].map(([id, { leader, revision, healthy, isLearner, version, errors, ...numbers }]) => {
    const rest = { version, errors, ...numbersOf(numbers) };
    const more = { ...(leader === undefined ? {} : { leader: decimal(leader) }), ...(isLearner ? { isLearner } : {}) };
    return `${JSON.stringify({ header: { ...headerOf(id), revision: String(revision) }, ...rest, ...more })}\n${healthy ? 200 : 503}`;
  });
  const list = JSON.stringify({ header: headerOf(memberId), members: listed });
  return [line('etcd-members', base64(list)), ...answers.map((answer) => line('etcd-status', base64(answer)))];
}

/** What the look at a host prints that is in this state: the inverse of `readObservations`. */
export function encodeObservations(seen: Observations): string {
  const lines = [
    ...[...seen.files].flatMap(fileLines),
    ...[...seen.contents].map(([path, text]) => line('content', path, base64(text))),
    ...[...seen.kubeconfigCertificates].map(([path, pem]) => line('kubeconfig', path, base64(pem))),
    ...[...seen.units].flatMap(unitLines),
    ...[...seen.startsMs].map(([unit, ms]) =>
      line('start', unit, `ExecMainStartTimestampMonotonic=1 ActiveEnterTimestampMonotonic=${1 + ms * 1000}`),
    ),
    ...[...seen.users].map((name) => line('user', name)),
    ...[...seen.commands].map((name) => line('command', name)),
    ...[...seen.modules].map((name) => line('module', name)),
    ...[...seen.sysctls].map(([key, value]) => line('sysctl', key, value)),
    ...[...seen.binaries].map(([path, { sizeBytes, verifiedSha256 }]) =>
      line('binary', path, `${sizeBytes} 1`, verifiedSha256 === undefined ? '' : `${verifiedSha256} ${sizeBytes} 1`),
    ),
    ...(seen.images === undefined ? [] : ['images', ...[...seen.images].map((image) => line('image', image))]),
    ...[...seen.health].map(([url, { status }]) => line('health', url, status)),
    ...listOf('kube-nodes', seen.kubeNodes),
    ...listOf('kube-objects', seen.kubeObjects),
    ...(seen.kubePods === undefined ? [] : kubePodLines(seen.kubePods)),
    ...(seen.kubePodCounts === undefined
      ? []
      : ['pod-counts', ...[...seen.kubePodCounts].map(([node, count]) => line('pod-count', node, count))]),
    // Only what a model says: everything was asked, and nothing is in the way.
    ...(seen.kubeUpgrade === undefined
      ? []
      : ['u-asked', ...['budgets', 'workloads', 'webhooks', 'definitions', 'pods'].map((part) => line('u-whole', part))]),
    ...(seen.deprecatedApis === undefined ? [] : ['deprecated-apis']),
    ...(seen.etcd === undefined ? [] : etcdLines(seen.etcd)),
    ...(seen.facts === undefined ? [] : factLines(seen.facts)),
    ...seen.listeners.map(({ port, process }) => line('listener', port, process)),
    ...(seen.endpoint === undefined ? [] : [endpointLine(seen.endpoint)]),
    ...[...seen.givenEtcd].map(givenEtcdLine),
    ...[...seen.onLink].map(([address, direct]) => line('route', address, direct ? 'link' : 'via')),
    ...[...seen.entries].flatMap(([path, names]) => names.map((name) => line('entry', path, name))),
  ];
  return `${lines.join('\n')}\n${endOfLook}\n`;
}
