import type { Observations } from '../src/engine/observation.ts';
import { type Probe, probeKey } from '../src/engine/probe.ts';
import { encodeObservations } from '../test/app/support/encode-observations.ts';
import { reportedNode } from './reported-node.ts';

/** What a host prints that was asked these questions and is in this state: nothing that nobody asked about. */
export function recordedAnswer(seen: Observations): string {
  const { asked } = seen;
  const wasAsked = (probe: Probe): boolean => asked.has(probeKey(probe));
  const about = <Value>(all: ReadonlyMap<string, Value>, probe: (name: string) => Probe): ReadonlyMap<string, Value> =>
    new Map([...all].filter(([name]) => wasAsked(probe(name))));
  const questions = [...asked].map((key) => JSON.parse(key) as Probe);
  return encodeObservations({
    ...seen,
    files: about(seen.files, (path) => ({ kind: 'file', path })),
    contents: about(seen.contents, (path) => ({ kind: 'content', path })),
    kubeconfigCertificates: about(seen.kubeconfigCertificates, (path) => ({ kind: 'kubeconfig-certificate', path })),
    units: about(seen.units, (unit) => ({ kind: 'unit', unit })),
    sysctls: about(seen.sysctls, (key) => ({ kind: 'sysctl', key })),
    kubeNodes: seen.kubeNodes && new Map([...seen.kubeNodes].map(([name, object]) => [name, reportedNode(object)])),
    kubePods: undefined,
    kubePodCounts: undefined,
    onLink: new Map(questions.flatMap((probe) => (probe.kind === 'route' ? [[probe.address, true] as const] : []))),
  });
}
