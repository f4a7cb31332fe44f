import { canonicalAddress } from '../cluster/cidr.ts';
import type { BackupTarget, SnapshotSettings } from '../cluster/cluster.ts';
import { InternalError } from '../errors.ts';
import type { SnapshotsSection } from './schema/snapshots-schema.ts';
import { parseTarget } from './snapshot-syntax.ts';

const usualRegion = 'us-east-1';

/** The schema and the rules have passed what comes here; anything else is a defect. */
function targetOf(target: SnapshotsSection['copyTo'][number], resolvePath: (path: string) => string): BackupTarget {
  const { url, ...given } = typeof target === 'string' ? { url: target } : target;
  const values: Readonly<Record<string, string | undefined>> = given;
  const need = (field: string): string => {
    const value = values[field];
    if (value === undefined) throw new InternalError(`the inventory passed its checks without ${field} of ${url}`);
    return value;
  };
  const place = parseTarget(url);
  if (typeof place === 'string') throw new InternalError(`the inventory passed its checks with ${url}`);
  switch (place.kind) {
    case 'directory':
      return place;
    case 'ssh': {
      const [type, key] = need('hostKey').split(' ');
      const host = canonicalAddress(place.host.toLowerCase());
      return { ...place, host, identityFile: resolvePath(need('identityFile')), hostKey: `${type} ${key}` };
    }
    default:
      return {
        ...place,
        endpoint: need('endpoint').replace(/\/$/, ''),
        region: values.region ?? usualRegion,
        credentialsFile: resolvePath(need('credentialsFile')),
      };
  }
}

export function snapshotsOf(section: SnapshotsSection, resolvePath: (path: string) => string): SnapshotSettings {
  const { schedule, keep, copyTo, encryptTo, webhook, metrics } = section;
  return {
    ...(schedule === undefined ? {} : { schedule }),
    keep,
    copyTo: copyTo.map((target) => targetOf(target, resolvePath)),
    encryptTo,
    ...(webhook === undefined ? {} : { webhook }),
    ...(metrics === undefined ? {} : { metrics: metrics.replace(/\/$/, '') }),
  };
}
