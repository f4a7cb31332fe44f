import type { Draft } from '../draft.ts';
import { errorAt, type Finding, type Path, warningAt } from '../problem.ts';
import type { SnapshotsSection } from '../schema/snapshots-schema.ts';
import { parseTarget } from '../snapshot-syntax.ts';

const at = (...rest: Path): Path => ['cluster', 'etcd', 'snapshots', ...rest];
type Target = SnapshotsSection['copyTo'][number];
type Field = Exclude<keyof Extract<Target, object>, 'url'>;

const fieldsOf = {
  directory: { needed: [], allowed: [] },
  ssh: { needed: ['identityFile', 'hostKey'], allowed: [] },
  s3: { needed: ['endpoint', 'credentialsFile'], allowed: ['region'] },
} as const satisfies Record<string, { needed: readonly Field[]; allowed: readonly Field[] }>;
const allFields: readonly Field[] = ['identityFile', 'hostKey', 'endpoint', 'region', 'credentialsFile'];

function checkTarget(target: Target, index: number): Finding[] {
  const { url, ...given } = typeof target === 'string' ? { url: target } : target;
  const place = parseTarget(url);
  if (typeof place === 'string') return [];
  const values: Partial<Record<Field, string | undefined>> = given;
  const { needed, allowed } = fieldsOf[place.kind];
  const known: readonly Field[] = [...needed, ...allowed];
  const missing = needed.filter((field) => values[field] === undefined);
  const strays = allFields.filter((field) => values[field] !== undefined && !known.includes(field));
  const kind = place.kind === 'directory' ? 'a directory' : `a target of kind ${place.kind}`;
  return [
    ...(missing.length === 0
      ? []
      : [errorAt(at('copyTo', index), `${kind} needs ${missing.join(' and ')} beside its url; write a mapping`)]),
    ...strays.map((field) => errorAt(at('copyTo', index, field), `means nothing for ${kind}; leave it out`)),
  ];
}

/** Copies: each place once, with what it takes to get there. */
export function checkSnapshots(draft: Draft): Finding[] {
  const snapshots = draft.cluster.etcd?.snapshots;
  if (snapshots === undefined) return [];
  const urls = snapshots.copyTo.map((target) => (typeof target === 'string' ? target : target.url).replace(/\/$/, ''));
  const twice = urls.flatMap((url, index) => (urls.indexOf(url) < index ? [errorAt(at('copyTo', index), `${url} is listed twice`)] : []));
  const idle =
    snapshots.schedule === undefined && (snapshots.copyTo.length > 0 || snapshots.webhook !== undefined || snapshots.metrics !== undefined);
  return [
    ...snapshots.copyTo.flatMap(checkTarget),
    ...twice,
    ...(idle ? [warningAt(at(), 'nothing is copied or reported without schedule: backups are made by hand only', 'key')] : []),
  ];
}
