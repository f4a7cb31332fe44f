import { defragSeconds } from '../cluster/etcd-room.ts';
import { formatTaint } from '../cluster/taint.ts';
import type { Action, ActionKind } from '../engine/action.ts';
import { cleanLine } from './clean-text.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';

/** New, changed, taken away, or restarted. */
export type ActionMark = '+' | '~' | '-' | '!';

interface Words<A extends Action> {
  readonly mark: (action: A) => ActionMark;
  readonly text: (action: A) => string;
}

type WordsByKind = { readonly [K in ActionKind]: Words<Extract<Action, { kind: K }>> };

const always = (mark: ActionMark) => () => mark;
const isNew = ({ expected }: { readonly expected: unknown }): ActionMark => (expected === 'absent' ? '+' : '~');
const because = ({ why }: { readonly why: string }): string => (why === '' ? '' : `: ${why}`);

interface Access {
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

const access = ({ mode, owner, group }: Access): string => `(${mode.toString(8).padStart(4, '0')} ${owner}:${group})`;

const unitMarks = { enable: '+', start: '+', restart: '!', reload: '~', stop: '-', disable: '-' } as const;

const words: WordsByKind = {
  file: {
    mark: isNew,
    text: (action) => {
      const content = 'secret' in action.content ? `secret ${action.content.secret}` : formatBytes(Buffer.byteLength(action.content.text));
      return `write ${action.path} ${access(action)}, ${content}${because(action)}`;
    },
  },
  attributes: { mark: always('~'), text: (action) => `set ${action.path} to ${access(action)}${because(action)}` },
  directory: { mark: always('+'), text: (action) => `make directory ${action.path} ${access(action)}` },
  link: { mark: isNew, text: (action) => `link ${action.path} -> ${action.target}` },
  remove: { mark: always('-'), text: (action) => `remove ${action.path}${because(action)}` },
  user: { mark: always('+'), text: (action) => `make system user ${action.name}, home ${action.home}` },
  packages: { mark: always('+'), text: installText },
  module: { mark: always('+'), text: (action) => `load kernel module ${action.name}` },
  sysctl: { mark: always('~'), text: (action) => `set ${action.key} = ${action.value} (was ${action.was === '' ? 'unset' : action.was})` },
  binary: {
    mark: always('+'),
    text: (action) => `install ${action.component} ${action.version} as ${action.path} (${formatBytes(action.sizeBytes)})`,
  },
  image: {
    mark: always('+'),
    text: ({ reference, sizeBytes, isStaged }) => `import image ${reference} (${isStaged === true ? 'staged' : formatBytes(sizeBytes)})`,
  },
  'image-archive': { mark: always('+'), text: (action) => `stage image ${action.reference} (${formatBytes(action.sizeBytes)})` },
  issue: {
    mark: always('+'),
    text: (action) => {
      const paths = action.entry.files.map((file) => file.path);
      return `issue certificate ${action.entry.request.id} to ${paths.join(', ')}${because(action)}`;
    },
  },
  'daemon-reload': { mark: always('~'), text: () => 'make systemd read its unit files' },
  keep: {
    mark: always('~'),
    text: ({ units, unfinished }) =>
      unfinished === true
        ? `finish the restart of ${units.join(', ')} that was cut off; what ran before is kept, for the way back`
        : `keep what ${units.join(', ')} runs with, for the way back`,
  },
  unit: { mark: (action) => unitMarks[action.op], text: (action) => `${action.op} ${action.unit}${because(action)}` },
  'etcd-add-member': { mark: always('+'), text: (action) => `add ${action.name} (${action.peerURL}) to etcd as a learner` },
  'etcd-remove-member': {
    mark: always('-'),
    text: (action) => `remove ${action.name === '' ? action.id : action.name} (${action.peerURL}) from etcd`,
  },
  'etcd-promote': { mark: always('~'), text: (action) => `promote ${action.name} to a voting member of etcd` },
  'etcd-move-leader': { mark: always('~'), text: ({ toName }) => `let ${toName} lead etcd` },
  'etcd-compact': {
    mark: always('-'),
    text: ({ keepRevisions }) => `compact etcd's history: what came before the newest ${formatCount(keepRevisions, 'revision')}`,
  },
  'etcd-defrag': {
    mark: always('~'),
    text: ({ name, sizeBytes, inUseBytes }) =>
      `defragment etcd of ${name}: ${formatBytes(sizeBytes)} to about ${formatBytes(inUseBytes)}, in about ${formatDuration(defragSeconds(inUseBytes) * 1000)}`,
  },
  'etcd-disarm': { mark: always('~'), text: () => 'take the alarm NOSPACE away, once every member is well below its quota' },
  snapshot: { mark: always('+'), text: ({ path, sizeBytes }) => `send the snapshot to ${path} (${formatBytes(sizeBytes)})` },
  'restore-stage': {
    mark: always('+'),
    text: ({ aim: { backup, snapshot }, name }) =>
      `check the snapshot, and make the data of ${name} from it beside the data in use (${backup}, revision ${snapshot.revision})`,
  },
  halt: { mark: always('!'), text: ({ units, why }) => `stop ${units.join(', ')}: ${why}` },
  'restore-switch': { mark: always('~'), text: ({ id }) => `keep the data in use as /var/lib/etcd/replaced-${id}, use the restored data` },
  'unit-end': { mark: always('-'), text: (action) => `stop and disable ${action.unit}` },
  'pods-end': { mark: always('-'), text: () => 'stop all containers and remove all pods' },
  'containers-end': { mark: always('-'), text: () => 'end what is left of containers: processes, shims, network namespaces' },
  'network-end': {
    mark: always('-'),
    text: () => 'remove routes, interfaces and packet filter rules of pods, services and the kubelet',
  },
  'take-away': { mark: (action) => (action.was === undefined ? '-' : '~'), text: describeTakeAway },
  'set-aside': {
    mark: always('~'),
    text: (action) => `keep ${action.path} as ${action.to}, or as ${action.within} when it is a mount of its own`,
  },
  'user-end': { mark: always('-'), text: (action) => `remove system user and group ${action.name}` },
  'sysctl-back': { mark: always('~'), text: (action) => `set ${action.key} back to ${action.value}` },
  'host-end': { mark: always('-'), text: () => "remove kcluster's own records of this host" },
  'kube-apply': {
    mark: always('~'),
    text: (action) =>
      `apply ${formatCount(action.objects.length, 'object')} to the cluster (${objectNames(action.objects)})${because(action)}`,
  },
  'kube-cordon': {
    mark: always('~'),
    text: ({ node, on }) => (on ? `cordon ${node}: it takes no new pods` : `uncordon ${node}: it takes pods again`),
  },
  'kube-drain': {
    mark: always('!'),
    text: ({ node, timeoutSeconds, force }) =>
      `evict the pods of ${node}, for at most ${formatDuration(timeoutSeconds * 1000)}${force ? '; pods without a controller are deleted' : ''}`,
  },
  'kube-delete-node': { mark: always('-'), text: ({ node, uid }) => `delete Node ${node} from the cluster (UID ${uid})` },
  'kube-taints': {
    mark: always('~'),
    text: ({ node, set, remove }) => {
      const changes = [...set.map((taint) => `set ${formatTaint(taint)}`), ...remove.map((taint) => `take away ${formatTaint(taint)}`)];
      return `taints of ${node}: ${changes.join(', ')}`;
    },
  },
};

function describeTakeAway({ of, path, was, unlessUsed }: Extract<Action, { kind: 'take-away' }>): string {
  if (was !== undefined) return `empty ${path}, which was there before (${was})`;
  if (unlessUsed === true) return `remove ${path}, unless something uses it`;
  if (of === 'data') return `remove ${path} with everything in it`;
  return of === 'directory' ? `remove directory ${path} if it is empty` : `remove ${path}`;
}

function installText({ names, manager, services = [] }: Extract<Action, { kind: 'packages' }>): string {
  const idle = services.length === 0 ? '' : `; ${services.join(', ')} stays off`;
  return `install ${names.join(', ')} with ${manager}${idle}`;
}

/** `ServiceAccount kube-system/coredns, …`: at most four, then how many more. */
function objectNames(objects: Extract<Action, { kind: 'kube-apply' }>['objects']): string {
  const names = objects.map((object) => {
    const metadata =
      typeof object.metadata === 'object' && object.metadata !== null && !Array.isArray(object.metadata) ? object.metadata : {};
    const { name, namespace } = metadata as { name?: unknown; namespace?: unknown };
    return `${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  });
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

function wordsFor(action: Action): Words<Action> {
  return words[action.kind] as Words<Action>;
}

/** What an action does, in one line of present tense; holds no secret. */
export function describeAction(action: Action): string {
  return cleanLine(wordsFor(action).text(action));
}

export function markAction(action: Action): ActionMark {
  return wordsFor(action).mark(action);
}
