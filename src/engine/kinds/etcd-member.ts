import type { EtcdMemberResource } from '../resource.ts';
import type { Kind } from './kind.ts';

/** Whether the node is a member already is known before: the placement names those that join. */
export const etcdMemberKind: Kind<EtcdMemberResource> = {
  probes: () => [],
  plan: ({ as, name, peerURL, endpoints }) => [{ kind: as === 'learner' ? 'etcd-add-member' : 'etcd-promote', name, peerURL, endpoints }],
};
