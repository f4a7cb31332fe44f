import type { JsonObject, NodeName, Taint } from '../cluster/cluster.ts';
import type { RestoreAim } from '../cluster/restore.ts';
import type { CertificateEntry } from '../pki/certificate-table.ts';
import type { Content } from './resource.ts';

/** What an action replaces, as it was observed: sha256 of a file, target of a link, or that nothing was there. */
export type Expected = { readonly sha256: string } | { readonly target: string } | 'absent';

/** One change of one host, as data; one file a kind under engine/actions/ carries it out. */
export type Action =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly content: Content;
      readonly mode: number;
      readonly owner: string;
      readonly group: string;
      readonly expected: Expected;
      readonly why: string;
    }
  | {
      readonly kind: 'attributes';
      readonly path: string;
      readonly mode: number;
      readonly owner: string;
      readonly group: string;
      readonly why: string;
    }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly owner: string; readonly group: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly expected: Expected }
  | { readonly kind: 'remove'; readonly path: string; readonly expected: Expected; readonly why: string }
  | { readonly kind: 'user'; readonly name: string; readonly home: string }
  | {
      readonly kind: 'packages';
      readonly manager: 'apt' | 'dnf' | 'zypper';
      readonly names: readonly string[];
      /** Units that come with them and are neither started nor enabled. */
      readonly services?: readonly string[];
    }
  | { readonly kind: 'module'; readonly name: string }
  | { readonly kind: 'sysctl'; readonly key: string; readonly value: string; readonly was: string }
  | {
      readonly kind: 'binary';
      readonly component: string;
      readonly version: string;
      readonly name: string;
      readonly path: string;
      readonly sha256: string;
      readonly sizeBytes: number;
    }
  | {
      readonly kind: 'image';
      readonly reference: string;
      readonly sha256: string;
      readonly sizeBytes: number;
      /** The archive is on the host already: nothing is sent. */
      readonly isStaged?: true;
    }
  | { readonly kind: 'image-archive'; readonly reference: string; readonly sha256: string; readonly sizeBytes: number }
  | { readonly kind: 'issue'; readonly entry: CertificateEntry; readonly why: string }
  | { readonly kind: 'daemon-reload' }
  | {
      readonly kind: 'unit';
      readonly unit: string;
      readonly op: 'enable' | 'start' | 'restart' | 'reload' | 'stop' | 'disable';
      /** Stamped once the operation succeeded, so that a later run knows what the process was started with. */
      readonly inputs: readonly string[];
      readonly why: string;
    }
  /** What the actions after it replace, kept until the gate of their step holds; the units are started anew with it when it does not. */
  | {
      readonly kind: 'keep';
      readonly name: string;
      readonly paths: readonly string[];
      readonly units: readonly string[];
      /** A run that was cut off has replaced it already, and its gate was not seen to open: what that run kept is what counts. */
      readonly unfinished?: true;
    }
  /** Disabled and stopped; one that is not there has ended already. */
  | { readonly kind: 'unit-end'; readonly unit: string }
  /** Containers are told to stop, then all pods are removed, through the runtime while it runs. */
  | { readonly kind: 'pods-end' }
  /** Whatever is left of containers once the runtime has stopped: processes, shims, network namespaces. */
  | { readonly kind: 'containers-end' }
  /** Routes, interfaces and packet filter rules of pods, services and the kubelet. */
  | { readonly kind: 'network-end' }
  /** `directory`: only when empty; `data`: with its content, after everything below it was unmounted. */
  | {
      readonly kind: 'take-away';
      readonly of: 'file' | 'link' | 'binary' | 'directory' | 'data';
      readonly path: string;
      /** Of a binary: left where a process runs it, or a link of kcluster's leads to it. */
      readonly unlessUsed?: true;
      /** Of a directory that was there before, empty: emptied and given back these, `755 root:root`. */
      readonly was?: string;
    }
  /** Renamed; within it, where it is a mount of its own. */
  | { readonly kind: 'set-aside'; readonly path: string; readonly to: string; readonly within: string }
  | { readonly kind: 'user-end'; readonly name: string }
  | { readonly kind: 'sysctl-back'; readonly key: string; readonly value: string }
  /** The manifest goes last: what is killed before that is found again. */
  | { readonly kind: 'host-end' }
  /** Server-side apply: fields that an earlier apply set and this one does not name are taken away again. */
  | { readonly kind: 'kube-apply'; readonly objects: readonly JsonObject[]; readonly why: string }
  /** On: the node takes no new pods. `mark`: annotation that stays as long, so that it is known whose doing it is. */
  | { readonly kind: 'kube-cordon'; readonly node: NodeName; readonly on: boolean; readonly mark?: string }
  /** Begins to evict the pods of a node; a gate `node-drained` with the same deadline goes on with it. */
  | {
      readonly kind: 'kube-drain';
      readonly node: NodeName;
      readonly timeoutSeconds: number;
      /** Deletes pods that nobody makes again, too. */
      readonly force: boolean;
      /** First notes which workloads are whole, for a gate `workloads-back` of the same host. */
      readonly notesWorkloads?: true;
    }
  /** Deletes the Node object that was observed, never a later one of the same name. */
  | { readonly kind: 'kube-delete-node'; readonly node: NodeName; readonly uid: string }
  /** Taints of the inventory come and go; those of others stay. */
  | { readonly kind: 'kube-taints'; readonly node: NodeName; readonly set: readonly Taint[]; readonly remove: readonly Taint[] }
  /** Done on the host that joins, through the members that are there. */
  | { readonly kind: 'etcd-add-member'; readonly name: string; readonly peerURL: string; readonly endpoints: readonly string[] }
  /** Done on the host of another member; `id` is hexadecimal. */
  | {
      readonly kind: 'etcd-remove-member';
      readonly id: string;
      readonly name: string;
      readonly peerURL: string;
      readonly endpoints: readonly string[];
    }
  /** Done on the host of the leader; nothing when it leads no more. `to` is the id of a voter, hexadecimal. */
  | { readonly kind: 'etcd-move-leader'; readonly to: string; readonly toName: string }
  /** The history before the newest revisions goes, awaited until the member on this host has let go of it. */
  | { readonly kind: 'etcd-compact'; readonly keepRevisions: number; readonly timeoutSeconds: number }
  /** The file of the member on this host is written anew, without its gaps; `id` is hexadecimal. */
  | {
      readonly kind: 'etcd-defrag';
      readonly id: string;
      readonly name: string;
      /** As it was observed. */
      readonly sizeBytes: number;
      readonly inUseBytes: number;
      /** Nothing is done where less is to be had by then. */
      readonly leastGainBytes: number;
      /** There is no other voter that could lead meanwhile. */
      readonly isAlone: boolean;
      readonly timeoutSeconds: number;
    }
  /** Takes NOSPACE away, once every member is well below its quota. */
  | { readonly kind: 'etcd-disarm'; readonly endpoints: readonly string[] }
  | { readonly kind: 'etcd-promote'; readonly name: string; readonly peerURL: string; readonly endpoints: readonly string[] }
  /** A snapshot on its way to become a member's data. */
  | { readonly kind: 'snapshot'; readonly path: string; readonly sha256: string; readonly sizeBytes: number }
  /** The data of a member, made from a snapshot that is on the host, beside the data that is in use. */
  | {
      readonly kind: 'restore-stage';
      readonly aim: RestoreAim;
      readonly name: string;
      readonly path: string;
      /** etcdutl of the release that will use the data; on a new host no link leads to it yet. */
      readonly program: string;
    }
  /** Stopped until a later step starts them; for a restore, which ends the membership that quorum is counted in. In this order. */
  | { readonly kind: 'halt'; readonly units: readonly string[]; readonly why: string }
  /** The data in use is set aside, what was staged takes its place: two renames. */
  | { readonly kind: 'restore-switch'; readonly id: string };

export type ActionKind = Action['kind'];
