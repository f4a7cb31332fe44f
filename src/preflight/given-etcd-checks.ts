import type { Cluster, Node } from '../cluster/cluster.ts';
import { readRecord, recordPath } from '../cluster/immutable.ts';
import { compareVersions, formatVersion, minorOf, parseVersion, type Version } from '../cluster/version.ts';
import { etcdPrefix } from '../components/etcd-client.ts';
import type { EtcdEndpointSeen } from '../engine/observation.ts';
import type { Probe } from '../engine/probe.ts';
import type { Check, Situation } from './check.ts';

/** The first release of each line that Kubernetes trusts: before it, members lose data or disagree after an upgrade. Newer lines are all good. */
const floors: Readonly<Record<string, string>> = { '3.5': '3.5.26', '3.6': '3.6.11' };
const firstFloor = '3.5.26';

function endpointsOf(cluster: Cluster, node: Node): readonly string[] {
  return node.roles.includes('control-plane') ? (cluster.etcd.given?.endpoints ?? []) : [];
}

const probes = (cluster: Cluster, node: Node): readonly Probe[] => {
  const endpoints = endpointsOf(cluster, node);
  return endpoints.length === 0
    ? []
    : [
        { kind: 'command', name: 'curl' },
        { kind: 'content', path: recordPath },
        { kind: 'given-etcd', endpoints, prefix: etcdPrefix(node) },
      ];
};

type Found = ReturnType<Check['look']>[number];

function judgeAnswers({ desired, node, seen }: Situation): readonly Found[] {
  const endpoints = endpointsOf(desired.cluster, node);
  const silent = endpoints.filter((url) => seen.givenEtcd.get(url)?.healthy !== true);
  if (silent.length === 0) return [];
  if (!seen.commands.has('curl')) {
    const remedy = 'install curl on the host yourself: etcd is asked before anything is changed';
    return [{ message: 'curl is not there, by which etcd is asked', remedy }];
  }
  const quorum = Math.floor(endpoints.length / 2) + 1;
  const severity = endpoints.length - silent.length >= quorum ? 'warning' : 'error';
  return silent.map((url) => ({
    severity,
    message: `${url} is not healthy: ${seen.givenEtcd.get(url)?.fault ?? 'it was not asked'}`,
    remedy: 'mend that member, or correct the endpoints, caFile, certFile or keyFile in cluster.etcd',
  }));
}

function isTooOld(version: Version): boolean {
  const floor = parseVersion(floors[minorOf(version)] ?? firstFloor);
  return floor !== undefined && compareVersions(version, floor) < 0;
}

function judgeVersion([url, { version: text = '' }]: readonly [string, EtcdEndpointSeen]): readonly Found[] {
  const version = parseVersion(text);
  if (version === undefined) {
    const message = `${url} does not say which release of etcd it is`;
    return [{ message, remedy: 'name a member of etcd, not something before it that answers in its place' }];
  }
  if (!isTooOld(version)) return [];
  const remedy = `upgrade it to ${Object.values(floors).join(' or ')} or newer`;
  return [{ message: `${url} runs etcd ${formatVersion(version)}, in which data can be lost`, remedy }];
}

function judgeIdentity({ node, desired, observations, seen }: Situation): readonly Found[] {
  const mine = endpointsOf(desired.cluster, node);
  const all = [...observations.values()].flatMap(({ givenEtcd }) => [...givenEtcd]);
  const ids = new Map(all.flatMap(([url, { clusterId }]) => (clusterId === undefined ? [] : [[clusterId, url] as const])));
  if (ids.size > 1) {
    const list = [...ids].map(([id, url]) => `${url} is of ${id}`).join(', ');
    return [{ message: `the endpoints are of ${ids.size} etcd clusters: ${list}`, remedy: 'name members of one etcd cluster only' }];
  }
  const answering = mine.some((url) => seen.givenEtcd.get(url)?.healthy === true);
  if (ids.size === 1 || !answering) return [];
  const message = 'no endpoint tells the id of its cluster, so that a wrong one would not be noticed';
  return [{ severity: 'warning', message, remedy: 'leave --enable-grpc-gateway of etcd on' }];
}

/** Before the cluster is founded only: nothing of another cluster may become part of this one. */
function judgeKeys({ node, seen }: Situation): readonly Found[] {
  const most = Math.max(0, ...[...seen.givenEtcd.values()].map(({ keys = 0 }) => keys));
  if (most === 0) return [];
  const other = 'give this cluster a prefix of its own with components.kube-apiserver.extraArgs: { etcd-prefix: /NAME }';
  return [
    {
      message: `etcd holds ${most} keys below ${etcdPrefix(node)}/: another cluster lives there, or one did`,
      remedy: `${other}; waive this only when this cluster shall take those objects over`,
    },
  ];
}

function judgeRecordedId({ seen }: Situation): readonly Found[] {
  const recorded = readRecord(seen.contents.get(recordPath))?.etcdClusterId;
  const found = [...seen.givenEtcd.values()].find(({ clusterId }) => clusterId !== undefined)?.clusterId;
  if (recorded === undefined || found === undefined || recorded === found) return [];
  const remedy = 'correct cluster.etcd.endpoints; waive this only when etcd was restored from a snapshot, which gives it a new id';
  return [{ message: `the endpoints are of etcd cluster ${found}, the data of this cluster is in ${recorded}`, remedy }];
}

/** An etcd that others run, asked from every control plane with the operator's certificate. */
export const givenEtcdChecks: readonly Check[] = [
  {
    id: 'ExternalEtcd',
    title: 'your own etcd answers, is one cluster, and new enough',
    severity: 'error',
    probes,
    look: (situation) => {
      const { desired, node, seen } = situation;
      if (endpointsOf(desired.cluster, node).length === 0) return [];
      const healthy = [...seen.givenEtcd].filter(([, answer]) => answer.healthy);
      return [...judgeAnswers(situation), ...healthy.flatMap(judgeVersion), ...judgeIdentity(situation)];
    },
  },
  {
    id: 'ExternalEtcdData',
    title: "your own etcd holds this cluster's data and no other's",
    severity: 'error',
    probes,
    look: (situation) => (situation.desired.placement.etcdExists ? judgeRecordedId(situation) : judgeKeys(situation)),
  },
];
