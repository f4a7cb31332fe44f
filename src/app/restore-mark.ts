import type { NodeName } from '../cluster/cluster.ts';
import { type RestoreAim, readRestoreMark, restoreMarkPath } from '../cluster/restore.ts';
import { collectFailures } from '../engine/failures.ts';
import type { Observations } from '../engine/observation.ts';
import { RefusedError } from '../errors.ts';

type Seen = ReadonlyMap<NodeName, Observations>;

interface Mark {
  readonly node: NodeName;
  /** undefined: it cannot be read. */
  readonly aim: RestoreAim | undefined;
}

function marksOf(observations: Seen): readonly Mark[] {
  return [...observations].flatMap(([node, { contents }]) => {
    const text = contents.get(restoreMarkPath);
    return text === undefined ? [] : [{ node, aim: readRestoreMark(text) }];
  });
}

/** Between its first and its last step a restore is finished before anything else. @throws RefusedError that names it */
export function refuseUnfinishedRestore(observations: Seen): void {
  const failures = marksOf(observations).map(
    ({ node, aim }) =>
      new RefusedError(`a restore${aim === undefined ? '' : ` of ${aim.backup}`} was begun here and is not finished`, {
        node,
        remedy: 'finish it: kcluster etcd snapshot restore --resume',
      }),
  );
  if (failures.length > 0) throw collectFailures(failures, 'nothing was changed: a restore comes first');
}

/**
 * The restore that is under way, by what all hosts say of it.
 * @throws RefusedError when a mark is damaged, or hosts are in the middle of different restores
 */
export function restoreUnderWay(observations: Seen): RestoreAim | undefined {
  const marks = marksOf(observations);
  const broken = marks.find(({ aim }) => aim === undefined);
  if (broken !== undefined) {
    throw new RefusedError(`${restoreMarkPath} cannot be read: what the restore under way is about is not known`, {
      node: broken.node,
      remedy: `copy that file from another control plane where it is whole, or remove it when every etcd host has the same /var/lib/etcd/member as before`,
    });
  }
  const [first, ...rest] = marks;
  const other = rest.find(({ aim }) => aim?.id !== first?.aim?.id);
  if (first?.aim === undefined || other === undefined) return first?.aim;
  throw new RefusedError(`${first.node} is in the middle of restore ${first.aim.id}, ${other.node} of ${other.aim?.id}`, {
    remedy: `find out which of them is meant, and remove ${restoreMarkPath} of the other one`,
  });
}
