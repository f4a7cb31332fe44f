import type { Cluster, Node } from '../cluster/cluster.ts';
import { authorityFiles } from '../components/authorities.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';
import type { Probe } from '../engine/probe.ts';
import { tryDaysLeft } from '../pki/inspect-certificate.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';

/** An upgrade may take days; authorities are not renewed by it, and nothing works without them. */
const days = { leaf: 7, authority: 30, authorityWarning: 180 } as const;

interface Certificate {
  readonly path: string;
  readonly isAuthority: boolean;
  readonly pem: string;
}

const authorityPaths = (cluster: Cluster, node: Node): readonly string[] =>
  authorityFiles(cluster, node).flatMap(({ path }) => (path.endsWith('.crt') ? [path] : []));

/** Authorities are public on every host; leaf certificates are looked at by the workflow. */
export function certificateProbes(cluster: Cluster, node: Node): readonly Probe[] {
  return authorityPaths(cluster, node).map((path) => ({ kind: 'content', path }));
}

function certificatesOf(desired: Desired, node: Node, seen: Observations): readonly Certificate[] {
  const leaves = desired
    .describe(node)
    .flatMap(({ run }) =>
      run.flatMap((resource) => (resource.kind === 'certificate' ? resource.entry.files.filter(({ part }) => part !== 'key') : [])),
    );
  return [
    ...authorityPaths(desired.cluster, node).map((path) => ({ path, isAuthority: true, pem: seen.contents.get(path) ?? '' })),
    ...leaves.map(({ path }) => ({
      path,
      isAuthority: false,
      pem: seen.contents.get(path) ?? seen.kubeconfigCertificates.get(path) ?? '',
    })),
  ].filter(({ pem }) => pem !== '');
}

function judgeOne({ path, isAuthority, pem }: Certificate, now: Date): Omit<Found, 'node'> | undefined {
  // One that cannot be read is told by whoever issues certificates.
  const rest = tryDaysLeft(pem, now);
  if (rest === undefined || rest >= (isAuthority ? days.authorityWarning : days.leaf)) return undefined;
  const what = isAuthority ? 'authority' : 'certificate';
  const message = rest < 0 ? `${what} ${path} has ended` : `${what} ${path} ends in ${rest} days`;
  if (isAuthority)
    return {
      severity: rest < days.authority ? 'error' : 'warning',
      message,
      remedy: 'no upgrade renews authorities: plan a new one before it ends',
    };
  return { severity: rest < 0 ? 'error' : 'warning', message, remedy: 'kcluster init renews it' };
}

export const certificateCheck: UpgradeCheck = {
  id: 'CertificateExpiry',
  title: 'no certificate ends during the upgrade',
  severity: 'warning',
  judge: ({ desired, observations, now }) =>
    desired.cluster.nodes.flatMap((node): readonly Found[] => {
      const seen = observations.get(node.name);
      if (seen === undefined) return [];
      const found = certificatesOf(desired, node, seen).map((certificate) => judgeOne(certificate, now));
      return found.flatMap((one) => (one === undefined ? [] : [{ node: node.name, ...one }]));
    }),
};
