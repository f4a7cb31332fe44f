import { hash } from 'node:crypto';
import { Memo } from '../../cluster/memo.ts';
import { RefusedError } from '../../errors.ts';
import type { Action, Expected } from '../action.ts';
import type { FileSeen } from '../observation.ts';
import type { FileResource, PlainContent } from '../resource.ts';
import type { Kind, KindContext } from './kind.ts';

export function sha256Of(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Hosts get the same texts: each is hashed once for all of them. */
const digests = new Memo<string>(1_000);

export function sha256OfContent({ text }: PlainContent): string {
  return digests.of(text, () => sha256Of(text));
}

export function expectedOf(seen: FileSeen | undefined): Expected {
  if (seen?.sha256 !== undefined) return { sha256: seen.sha256 };
  if (seen?.target !== undefined) return { target: seen.target };
  return 'absent';
}

/** A directory or a device where a file belongs is somebody else's: never replaced. */
export function refuseOther(node: string, path: string, seen: FileSeen | undefined, wanted: string): void {
  if (seen === undefined || seen.type === wanted || (wanted === 'file' && seen.type === 'link')) return;
  throw new RefusedError(`${path} is a ${seen.type} where a ${wanted} belongs`, {
    node,
    remedy: `look at ${path}, move it away, and run again`,
  });
}

function wantedSha256(resource: FileResource, context: KindContext): string | undefined {
  return 'text' in resource.content ? sha256OfContent(resource.content) : context.secrets.get(resource.content.secret);
}

/** A cluster-wide secret has one value: a host that holds another belongs to another cluster, or was tampered with. */
function refuseForeignSecret(resource: FileResource, context: KindContext, seen: FileSeen | undefined, wanted: string | undefined): void {
  if (
    !('secret' in resource.content) ||
    resource.replaceable === true ||
    seen === undefined ||
    (seen.sha256 !== undefined && seen.sha256 === wanted)
  )
    return;
  throw new RefusedError(`${resource.path} differs from this cluster's ${resource.content.secret}; it is never overwritten`, {
    node: context.node,
    remedy: `if the host belonged to another cluster, reset it there first; else compare ${resource.path} with another control-plane host and move the wrong one away`,
  });
}

function planFile(resource: FileResource, context: KindContext): readonly Action[] {
  const { path, content, mode, owner, group } = resource;
  const seen = context.seen.files.get(path);
  // A secret has one value: an earlier phase of this plan already writes it.
  if ('secret' in content && context.changed.has(path)) return [];
  refuseOther(context.node, path, seen, 'file');
  const wanted = wantedSha256(resource, context);
  refuseForeignSecret(resource, context, seen, wanted);
  if (seen?.sha256 === undefined || seen.sha256 !== wanted) {
    const why = seen === undefined ? 'missing' : 'differs';
    return [{ kind: 'file', path, content, mode, owner, group, expected: expectedOf(seen), why }];
  }
  const wrong = describeWrongAttributes(seen, mode, owner, group);
  return wrong === undefined ? [] : [{ kind: 'attributes', path, mode, owner, group, why: wrong }];
}

/** What is wrong with mode and owner, or undefined. */
export function describeWrongAttributes(seen: FileSeen, mode: number, owner: string, group: string): string | undefined {
  const found = `${seen.mode.toString(8)} ${seen.owner}:${seen.group}`;
  const wanted = `${mode.toString(8)} ${owner}:${group}`;
  return found === wanted ? undefined : `is ${found}`;
}

export const fileKind: Kind<FileResource> = {
  probes: ({ path }) => [{ kind: 'file', path }],
  plan: planFile,
};
