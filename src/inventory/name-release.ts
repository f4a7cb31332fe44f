import { isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';

const key = 'kubernetesVersion';

const keyIs = (name: string) => (pair: Pair) => isScalar(pair.key) && pair.key.value === name;

/** The scalar in the way in which it was written: its quotes, or none, and a leading v. */
function rewritten(text: string, scalar: Scalar, release: string): string | undefined {
  const [from, to] = scalar.range ?? [];
  // One that has a name may mean more than this line; one of several lines is no release.
  if (from === undefined || to === undefined || scalar.anchor !== undefined || scalar.tag !== undefined) return undefined;
  const [, open = '', prefix = '', close = ''] = /^(["']?)(v?)[^"'\n]*(["']?)$/.exec(text.slice(from, to)) ?? ['', '?'];
  if (open !== close) return undefined;
  return `${text.slice(0, from)}${open}${prefix}${release}${close}${text.slice(to)}`;
}

/** A line of its own before the first key of the mapping, where nothing was said. */
function added(text: string, map: YAMLMap, release: string): string | undefined {
  const first = map.items[0]?.key;
  const at = isScalar(first) ? first.range?.[0] : undefined;
  if (at === undefined || map.flow === true) return undefined;
  const indent = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  if (!/^ *$/.test(indent)) return undefined;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text.slice(0, at)}${key}: "${release}"${end}${indent}${text.slice(at)}`;
}

/** Everything that a document says, but for the release. */
function restOf(text: string): string | undefined {
  const document = parseDocument(text, { version: '1.2', merge: false });
  if (document.errors.length > 0) return undefined;
  document.deleteIn(['cluster', key]);
  return JSON.stringify(document.toJS());
}

/**
 * The text of an inventory with another release of Kubernetes, everything else byte for byte as it was.
 *
 * @param release as `1.37.1`
 * @returns undefined where that cannot be said with one value: it stands behind an alias or an anchor, or in a form of its own
 */
export function nameRelease(text: string, release: string): string | undefined {
  const { contents, errors } = parseDocument(text, { version: '1.2', merge: false });
  const cluster = errors.length === 0 && isMap(contents) ? contents.items.find(keyIs('cluster'))?.value : undefined;
  if (!isMap(cluster)) return undefined;
  const pair = cluster.items.find(keyIs(key));
  if (pair !== undefined && !isScalar(pair.value)) return undefined;
  const named = isScalar(pair?.value) ? rewritten(text, pair.value, release) : added(text, cluster, release);
  if (named === undefined) return undefined;
  const saysIt = parseDocument(named, { version: '1.2', merge: false }).getIn(['cluster', key]);
  const isIt = typeof saysIt === 'string' && saysIt.replace(/^v/, '') === release;
  return isIt && restOf(named) === restOf(text) ? named : undefined;
}
