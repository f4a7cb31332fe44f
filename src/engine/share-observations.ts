import type { Observations } from './observation.ts';

/** Parts of observations that are one value with the equal part of another host. */
class SharedParts {
  private readonly texts = new Map<string, string>();
  private readonly values = new Map<string, unknown>();

  /** A text that was cut out of an answer keeps the whole answer in memory: what is kept is a copy. */
  text(text: string): string {
    const known = this.texts.get(text) ?? Buffer.from(text, 'utf8').toString('utf8');
    this.texts.set(known, known);
    return known;
  }

  /** Plain data. */
  value<Value>(value: Value): Value {
    if (typeof value === 'string') return this.text(value) as Value;
    return this.known(JSON.stringify(value), (text) => JSON.parse(text) as Value);
  }

  set(set: ReadonlySet<string>): ReadonlySet<string> {
    return this.known(`set ${JSON.stringify([...set])}`, () => new Set([...set].map((item) => this.text(item))));
  }

  /** For what is the same on most hosts: the whole of it is one value. */
  map<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
    return this.known(`map ${JSON.stringify([...map])}`, () => this.entries(map));
  }

  /** For what differs from host to host, if only a little: each entry is one value. */
  entries<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
    return new Map([...map].map(([key, value]) => [this.text(key), this.value(value)]));
  }

  private known<Value>(key: string, make: (key: string) => Value): Value {
    const known = this.values.get(key);
    if (known !== undefined) return known as Value;
    const made = make(key);
    this.values.set(key, made);
    return made;
  }
}

/** Makes equal observations of many hosts that hold what they have in common only once: a thousand hosts differ in little. */
export function createSharing(): (seen: Observations) => Observations {
  const parts = new SharedParts();
  return (seen) => ({
    ...seen,
    files: parts.entries(seen.files),
    contents: parts.entries(seen.contents),
    kubeconfigCertificates: parts.entries(seen.kubeconfigCertificates),
    emptyDirectories: parts.set(seen.emptyDirectories),
    units: parts.map(seen.units),
    users: parts.set(seen.users),
    commands: parts.set(seen.commands),
    modules: parts.set(seen.modules),
    sysctls: parts.map(seen.sysctls),
    binaries: parts.map(seen.binaries),
    images: seen.images && parts.set(seen.images),
    health: parts.map(seen.health),
    kubeNodes: seen.kubeNodes && parts.entries(seen.kubeNodes),
    kubeObjects: seen.kubeObjects && parts.entries(seen.kubeObjects),
    facts: seen.facts && parts.value(seen.facts),
    listeners: parts.value(seen.listeners),
    onLink: parts.map(seen.onLink),
    entries: parts.map(seen.entries),
  });
}
