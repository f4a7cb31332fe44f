import { judgeLeaf } from '../../pki/judge-leaf.ts';
import { issueStampPath } from '../host-paths.ts';
import type { FileSeen, Observations } from '../observation.ts';
import type { Probe } from '../probe.ts';
import type { CertificateResource } from '../resource.ts';
import { describeWrongAttributes } from './file.ts';
import type { Kind, KindContext } from './kind.ts';

type Entry = CertificateResource['entry'];

/** Written beside an issued certificate so that a key swapped or edited later is noticed without reading it: `sha256  path` a line. */
export function issueStampOf(entry: Entry, seen: Observations): string {
  return entry.files.map(({ path }) => `${seen.files.get(path)?.sha256 ?? 'absent'}  ${path}\n`).join('');
}

function publicProbe({ path, part }: Entry['files'][number]): Probe | undefined {
  if (part === 'certificate') return { kind: 'content', path };
  return part === 'kubeconfig' ? { kind: 'kubeconfig-certificate', path } : undefined;
}

function issuedCertificate(entry: Entry, seen: Observations): string | undefined {
  for (const { path, part } of entry.files) {
    if (part === 'certificate') return seen.contents.get(path);
    if (part === 'kubeconfig') return seen.kubeconfigCertificates.get(path);
  }
  return undefined;
}

function reasonToIssue(entry: Entry, context: KindContext): string | undefined {
  const { seen, authorities, now, renewBeforeDays } = context;
  const missing = entry.files.find(({ path }) => !seen.files.has(path));
  if (missing !== undefined) return `${missing.path} is missing`;
  const authority = authorities.get(entry.request.ca);
  const certificate = issuedCertificate(entry, seen);
  if (authority === undefined) return `its authority is new`;
  if (certificate === undefined || certificate === '') return 'holds no certificate';
  const reasons = judgeLeaf(certificate, entry.request, authority, now, renewBeforeDays);
  if (reasons.length > 0) return reasons.join(', ');
  const stamp = seen.contents.get(issueStampPath(entry));
  if (stamp === issueStampOf(entry, seen)) return undefined;
  return stamp === undefined ? 'not known to be the one that was issued' : 'changed since it was issued';
}

function wrongAttributes(file: Entry['files'][number], seen: FileSeen | undefined): string | undefined {
  return seen === undefined ? undefined : describeWrongAttributes(seen, file.mode, file.owner, file.group);
}

export const certificateKind: Kind<CertificateResource> = {
  probes: ({ entry }) => [
    { kind: 'content', path: issueStampPath(entry) },
    ...entry.files.flatMap((file) => {
      const content = publicProbe(file);
      const look: Probe = { kind: 'file', path: file.path };
      return content === undefined ? [look] : [look, content];
    }),
  ],
  plan: ({ entry }, context) => {
    const why = reasonToIssue(entry, context);
    if (why !== undefined) return [{ kind: 'issue', entry, why }];
    return entry.files.flatMap((file) => {
      const wrong = wrongAttributes(file, context.seen.files.get(file.path));
      return wrong === undefined
        ? []
        : [{ kind: 'attributes' as const, path: file.path, mode: file.mode, owner: file.owner, group: file.group, why: wrong }];
    });
  },
};
