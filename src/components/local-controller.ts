import type { ComponentName } from '../cluster/cluster.ts';
import type { Description } from '../engine/description.ts';
import type { CertificateId } from '../pki/certificate-table.ts';
import type { Flags } from '../render/flags.ts';
import { certificates } from './certificates.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import type { Credentials } from './credentials.ts';
import { account, pkiDirectory, programs } from './parts.ts';

/** What differs between the programs that work through the API server and listen on loopback only. */
interface LocalController {
  readonly component: Extract<ComponentName, 'kube-controller-manager' | 'kube-scheduler'>;
  readonly kubeconfig: CertificateId;
  readonly credentials: Pick<Credentials<string>, 'settings' | 'paths'>;
  readonly flags: Flags;
  readonly port: number;
  readonly healthPath: string;
}

/** Runs under an account of its own, with keys handed over by systemd and a serving certificate of the cluster's authority. */
export function describeLocalController(
  { component, kubeconfig, credentials, flags, port, healthPath }: LocalController,
  ...[cluster, node, placement, render]: Parameters<Describe>
): Description {
  const { binaries, links } = programs(component, placement.versions[component], [component]);
  const unit = unitFile(render, node, component, flags, { credentials: credentials.settings });
  const authorities = ['ca', 'front-proxy-ca', component].map((name) => `${pkiDirectory}/${name}.crt`);
  const inputs = [unit.path, ...links.map((link) => link.path), ...credentials.paths, ...authorities];
  return {
    component,
    install: [account(component), ...binaries],
    run: [...links, ...certificates(cluster, node, [kubeconfig, component]), unit, { kind: 'unit', unit: unitName(component), inputs }],
    unit: unitName(component),
    health: [{ component, url: `https://127.0.0.1:${port}${healthPath}`, caFile: `${pkiDirectory}/ca.crt` }],
    ports: [{ component, port, protocol: 'tcp', reach: 'host' }],
  };
}
