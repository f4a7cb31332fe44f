import type { Cluster, NodeName } from './cluster.ts';

/** On every control plane while a node is declared down, and until it was brought up to date after its return. */
export const absencesPath = '/var/lib/kcluster/absent.json';

/** A node that runs leave out, as far as the cluster knows it. */
export interface Absence {
  /** RFC 3339, UTC: when a run left it out for the first time. */
  readonly since: string;
  /** Component -> digest of what the host held of it when it was last heard of; a component of which that is not known is not there. */
  readonly held: Readonly<Record<string, string>>;
  /** Components that it should hold otherwise by now, sorted. */
  readonly misses: readonly string[];
}

export type Absences = ReadonlyMap<NodeName, Absence>;

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** The bytes of the file. */
export function formatAbsences(absences: Absences): string {
  const nodes = [...absences].sort(byName).map(([name, { since, held, misses }]) => {
    const sorted = Object.fromEntries(Object.entries(held).sort(byName));
    return [name, { since, misses: [...misses].sort(), held: sorted }] as const;
  });
  return `${JSON.stringify({ apiVersion: 'kcluster/v1alpha1', kind: 'Absences', nodes: Object.fromEntries(nodes) }, undefined, 2)}\n`;
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

function readAbsence(value: unknown): Absence | undefined {
  const fields = new Map(entriesOf(value));
  const since = fields.get('since');
  const misses = fields.get('misses');
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return undefined;
  return {
    since,
    held: Object.fromEntries(entriesOf(fields.get('held')).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    misses: Array.isArray(misses) ? misses.filter((name) => typeof name === 'string') : [],
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reads the file; nobody is absent by one that is not there or says nothing. */
export function readAbsences(text: string | undefined): Absences {
  const fields = new Map(text === undefined ? [] : entriesOf(parse(text)));
  if (fields.get('kind') !== 'Absences') return new Map();
  return new Map(
    entriesOf(fields.get('nodes')).flatMap(([name, value]) => {
      const absence = readAbsence(value);
      return absence === undefined ? [] : [[name, absence] as const];
    }),
  );
}

/**
 * What several control planes have written down, together. One that is absent itself by the word of another may have missed who
 * came back meanwhile: it is not asked. The earliest time counts.
 */
export function mergeAbsences(records: ReadonlyMap<NodeName, Absences>): Absences {
  const isNamedByOther = (holder: NodeName): boolean => [...records].some(([other, absences]) => other !== holder && absences.has(holder));
  const heard = [...records].filter(([holder]) => !isNamedByOther(holder));
  const merged = new Map<NodeName, Absence>();
  for (const [, absences] of (heard.length === 0 ? [...records] : heard).toSorted(byName)) {
    for (const [name, absence] of absences) {
      const known = merged.get(name);
      if (known === undefined || absence.since < known.since) merged.set(name, absence);
    }
  }
  return merged;
}

/** Those that are still away once all who came back are up to date. */
export function stillAbsent(cluster: Cluster, absences: Absences): Absences {
  const present = new Set(cluster.nodes.filter(({ state }) => state === 'present').map(({ name }) => name));
  return new Map([...absences].filter(([name]) => !present.has(name)));
}
