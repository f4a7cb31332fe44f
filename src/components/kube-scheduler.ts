import type { Flags } from '../render/flags.ts';
import { certificates } from './certificates.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import { credentialsFrom } from './credentials.ts';
import { account, pkiDirectory, programs } from './parts.ts';
import { tlsFlags } from './tls.ts';

const component = 'kube-scheduler';

const credentials = credentialsFrom({
  'kube-scheduler.key': `${pkiDirectory}/kube-scheduler.key`,
  'scheduler.conf': '/etc/kubernetes/scheduler.conf',
});

const flags: Flags = {
  ...tlsFlags,
  'authentication-kubeconfig': credentials.flag('scheduler.conf'),
  'authorization-kubeconfig': credentials.flag('scheduler.conf'),
  'bind-address': '127.0.0.1',
  'client-ca-file': `${pkiDirectory}/ca.crt`,
  kubeconfig: credentials.flag('scheduler.conf'),
  'leader-elect': true,
  profiling: false,
  'requestheader-client-ca-file': `${pkiDirectory}/front-proxy-ca.crt`,
  'tls-cert-file': `${pkiDirectory}/kube-scheduler.crt`,
  'tls-private-key-file': credentials.flag('kube-scheduler.key'),
};

export const describeKubeScheduler: Describe = (cluster, node, placement, render) => {
  const { binaries, links } = programs(component, placement.versions[component], [component]);
  const unit = unitFile(render, node, component, flags, { credentials: credentials.settings });
  const inputs = [
    unit.path,
    ...links.map((link) => link.path),
    ...credentials.paths,
    ...['ca', 'front-proxy-ca', component].map((name) => `${pkiDirectory}/${name}.crt`),
  ];
  return {
    component,
    install: [account(component), ...binaries],
    run: [
      ...links,
      ...certificates(cluster, node, ['scheduler.conf', component]),
      unit,
      { kind: 'unit', unit: unitName(component), inputs },
    ],
    unit: unitName(component),
    health: [{ component, url: 'https://127.0.0.1:10259/readyz', caFile: `${pkiDirectory}/ca.crt` }],
    ports: [{ component, port: 10259, protocol: 'tcp', reach: 'host' }],
  };
};
