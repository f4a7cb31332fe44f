import type { Flags } from '../render/flags.ts';
import type { Describe } from './component.ts';
import { credentialsFrom } from './credentials.ts';
import { describeLocalController } from './local-controller.ts';
import { pkiDirectory } from './parts.ts';
import { tlsFlags } from './tls.ts';

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

export const describeKubeScheduler: Describe = (cluster, ...rest) =>
  describeLocalController(
    { component: 'kube-scheduler', kubeconfig: 'scheduler.conf', credentials, flags, port: 10259, healthPath: '/readyz' },
    cluster,
    ...rest,
  );
