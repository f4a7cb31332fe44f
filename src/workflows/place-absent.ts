import { createHash } from 'node:crypto';
import { type Absence, type Absences, absencesPath, mergeAbsences, readAbsences } from '../cluster/absence.ts';
import { type Cluster, kubeletNodes, type Node, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import type { Member } from '../cluster/quorum.ts';
import type { Description } from '../engine/description.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';
import type { Resource } from '../engine/resource.ts';

export interface AbsenceInput {
  /** By a placement without absences: what everybody holds once nobody is absent any more. */
  readonly desired: Desired;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  readonly etcdMembers: readonly Member[] | undefined;
  /** Of a plan that was reviewed: its times hold, or it could never be carried out. */
  readonly reviewed: Absences;
  readonly now: Date;
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
const digestOf = ({ install, run }: Description): string => sha256Of(JSON.stringify([install, run])).slice(0, 16);

/** These follow from who is there and who is absent: on others they say nothing about the node. */
const ownToEach: ReadonlySet<string> = new Set(['balancer', 'host']);

/** Something is there, and it is not this. */
function differs(resource: Resource, { files }: Observations): boolean {
  if (resource.kind === 'link') return (files.get(resource.path)?.target ?? resource.target) !== resource.target;
  if (resource.kind !== 'file' || !('text' in resource.content)) return false;
  const seen = files.get(resource.path);
  return seen !== undefined && seen.sha256 !== sha256Of(resource.content.text);
}

/** The same component with the same settings; a component without settings of its own is the same everywhere. */
function isAlike(a: Node, b: Node, component: string): boolean {
  const settingsOf = ({ components }: Node): string => JSON.stringify(Object.entries(components).filter(([name]) => name === component));
  return settingsOf(a) === settingsOf(b);
}

/** What this run changes on others of its kind: the node lacks it too. */
function changingOnOthers(node: Node, { desired, observations }: AbsenceInput): ReadonlySet<string> {
  const changing = new Set<string>();
  for (const other of desired.cluster.nodes) {
    const seen = observations.get(other.name);
    if (seen === undefined || other.name === node.name) continue;
    for (const { component, install, run } of desired.describe(other)) {
      if (ownToEach.has(component) || changing.has(component) || !isAlike(node, other, component)) continue;
      if ([...install, ...run].some((resource) => differs(resource, seen))) changing.add(component);
    }
  }
  return changing;
}

/** Whether it ever was part of the cluster; not known while nobody answers. */
function wasMember(node: Node, { desired, observations, etcdMembers }: AbsenceInput): boolean {
  if (!desired.placement.etcdExists) return false;
  if (!kubeletNodes(desired.cluster).includes(node)) return etcdMembers?.some(({ name }) => name === node.name) !== false;
  return liveNodes(observations)?.has(node.name) !== false;
}

/** What it held as far as that is known: what the inventory says, but for what this run changes. */
function heldBy(node: Node, input: AbsenceInput): Absence['held'] {
  if (!wasMember(node, input)) return {};
  const changing = changingOnOthers(node, input);
  const known = input.desired.describe(node).filter(({ component }) => !changing.has(component));
  return Object.fromEntries(known.map((description) => [description.component, digestOf(description)]));
}

function missedBy(node: Node, held: Absence['held'], desired: Desired): readonly string[] {
  return desired
    .describe(node)
    .filter((description) => held[description.component] !== digestOf(description))
    .map(({ component }) => component)
    .sort();
}

/** Who is absent by the word of the control planes. */
export function recordedAbsences(cluster: Cluster, observations: ReadonlyMap<NodeName, Observations>): Absences {
  const holders = nodesWithRole(cluster, 'control-plane').filter(({ name }) => observations.has(name));
  return mergeAbsences(new Map(holders.map(({ name }) => [name, readAbsences(observations.get(name)?.contents.get(absencesPath))])));
}

/** Everybody of the inventory who is declared down or has come back without being up to date, by name, with what each one misses. */
export function placeAbsent(input: AbsenceInput): Absences {
  const { desired, observations, reviewed, now } = input;
  const recorded = recordedAbsences(desired.cluster, observations);
  const absent = desired.cluster.nodes.filter(({ name, state }) => state === 'down' || recorded.has(name));
  const entries = absent.map((node): readonly [NodeName, Absence] => {
    const known = recorded.get(node.name);
    if (known !== undefined && node.state === 'present') return [node.name, known];
    const held = known?.held ?? heldBy(node, input);
    const since = known?.since ?? reviewed.get(node.name)?.since ?? now.toISOString().replace(/\.\d+Z$/, 'Z');
    return [node.name, { since, held, misses: missedBy(node, held, desired) }];
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
