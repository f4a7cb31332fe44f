import type { Draft } from '../draft.ts';
import { errorAt, type Finding, type Path } from '../problem.ts';
import { canonicalEtcdURL } from '../syntax.ts';

const at = (field: string, index?: number): Path => ['cluster', 'etcd', field, ...(index === undefined ? [] : [index])];
const fileFields = ['caFile', 'certFile', 'keyFile'] as const;

function checkDuplicates(endpoints: readonly string[]): Finding[] {
  const urls = endpoints.map(canonicalEtcdURL);
  return urls.flatMap((url, index) => (urls.indexOf(url) < index ? [errorAt(at('endpoints', index), `${url} is listed twice`)] : []));
}

function checkMembers({ nodes }: Draft): Finding[] {
  return nodes.flatMap(({ roles }, index) => {
    const place = roles?.indexOf('etcd') ?? -1;
    const fact = 'cluster.etcd.endpoints names an etcd of your own, so kcluster runs none';
    return place === -1 ? [] : [errorAt(['nodes', index, 'roles', place], `${fact}; drop the role etcd here, or the endpoints`)];
  });
}

/** An etcd of the operator's own: endpoints, three files, external, and no node with the role; or nothing of it. */
export function checkEtcd(draft: Draft): Finding[] {
  const { etcd } = draft.cluster;
  if (etcd === undefined) return [];
  const { endpoints, topology } = etcd;
  if (endpoints === undefined) {
    const strays = fileFields.filter((field) => etcd[field] !== undefined);
    return strays.map((field) => errorAt(at(field), 'means nothing without endpoints: kcluster issues the certificates of its own etcd'));
  }
  const missing = fileFields.filter((field) => etcd[field] === undefined);
  return [
    ...(topology === 'external' ? [] : [errorAt(at('endpoints'), 'endpoints need topology: external', 'key')]),
    ...(missing.length === 0 ? [] : [errorAt(at('endpoints'), `endpoints need ${missing.join(', ')} beside them`, 'key')]),
    ...checkDuplicates(endpoints),
    ...checkMembers(draft),
  ];
}
