import type { Cluster, Node } from '../cluster/cluster.ts';
import type { Flags } from '../render/flags.ts';
import { admission, authentication } from './api-server-config.ts';
import { auditPolicy } from './audit-policy.ts';
import { encryptionConfigPath } from './authorities.ts';
import { certificates } from './certificates.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import { yamlFile } from './config-file.ts';
import { credentialsFrom } from './credentials.ts';
import { etcdClientPaths, etcdClientResources, etcdServers } from './etcd-client.ts';
import { account, dataDirectory, directory, pkiDirectory, programs } from './parts.ts';
import { serviceAccountIssuer } from './service-account-issuer.ts';
import { tlsFlags } from './tls.ts';

const user = 'kube-apiserver';
const configDirectory = '/etc/kubernetes/kube-apiserver';
const auditDirectory = '/var/log/kubernetes/audit';
/** The newest of its files. */
export const auditLog = `${auditDirectory}/audit.log`;

/** Files that only root may read, by the name under which the process gets them. */
const credentials = credentialsFrom({
  'apiserver.key': `${pkiDirectory}/apiserver.key`,
  'apiserver-etcd-client.key': etcdClientPaths.key,
  'apiserver-kubelet-client.key': `${pkiDirectory}/apiserver-kubelet-client.key`,
  'encryption-config.yaml': encryptionConfigPath,
  'front-proxy-client.key': `${pkiDirectory}/front-proxy-client.key`,
  'sa.key': `${pkiDirectory}/sa.key`,
});

const files = {
  admission: `${configDirectory}/admission.yaml`,
  audit: `${configDirectory}/audit-policy.yaml`,
  authentication: `${configDirectory}/authentication.yaml`,
} as const;

function etcdFlags(cluster: Cluster): Flags {
  return {
    'encryption-provider-config': credentials.flag('encryption-config.yaml'),
    'etcd-cafile': etcdClientPaths.authority,
    'etcd-certfile': etcdClientPaths.certificate,
    'etcd-keyfile': credentials.flag('apiserver-etcd-client.key'),
    'etcd-servers': etcdServers(cluster).join(','),
  };
}

/** Who is let in, and what may be asked. */
function accessFlags(cluster: Cluster): Flags {
  return {
    'admission-control-config-file': files.admission,
    'authentication-config': files.authentication,
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': `${pkiDirectory}/ca.crt`,
    'enable-admission-plugins': 'DenyServiceExternalIPs,EventRateLimit,NodeRestriction',
    'service-account-extend-token-expiration': false,
    'service-account-issuer': serviceAccountIssuer(cluster),
    'service-account-key-file': `${pkiDirectory}/sa.pub`,
    'service-account-lookup': true,
    'service-account-signing-key-file': credentials.flag('sa.key'),
  };
}

/** The API server as a client of kubelets and of extension API servers. */
const clientFlags: Flags = {
  'kubelet-certificate-authority': `${pkiDirectory}/ca.crt`,
  'kubelet-client-certificate': `${pkiDirectory}/apiserver-kubelet-client.crt`,
  'kubelet-client-key': credentials.flag('apiserver-kubelet-client.key'),
  'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
  'proxy-client-cert-file': `${pkiDirectory}/front-proxy-client.crt`,
  'proxy-client-key-file': credentials.flag('front-proxy-client.key'),
  'requestheader-allowed-names': 'front-proxy-client',
  'requestheader-client-ca-file': `${pkiDirectory}/front-proxy-ca.crt`,
  'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
  'requestheader-group-headers': 'X-Remote-Group',
  'requestheader-username-headers': 'X-Remote-User',
};

const auditFlags: Flags = {
  'audit-log-maxage': 30,
  'audit-log-maxbackup': 10,
  'audit-log-maxsize': 100,
  'audit-log-path': auditLog,
  'audit-policy-file': files.audit,
};

function serverFlags(cluster: Cluster, node: Node): Flags {
  return {
    ...tlsFlags,
    'advertise-address': node.internalAddress,
    'allow-privileged': true,
    'bind-address': node.internalAddress.includes(':') ? '::' : '0.0.0.0',
    // Clients come back through their balancer now and then. Also with one server: a second one then restarts nobody.
    'goaway-chance': 0.001,
    profiling: false,
    'request-timeout': '60s',
    'secure-port': 6443,
    'service-cluster-ip-range': cluster.network.serviceCIDRs.join(','),
    // Balancers see /readyz fail before the server stops taking connections: two checks, a second apart. The same for any number of servers.
    'shutdown-delay-duration': '4s',
    // Watches are ended instead of waited for.
    'shutdown-watch-termination-grace-period': '2s',
    'tls-cert-file': `${pkiDirectory}/apiserver.crt`,
    'tls-private-key-file': credentials.flag('apiserver.key'),
  };
}

export const describeKubeApiserver: Describe = (cluster, node, placement, render) => {
  const { binaries, links } = programs('kube-apiserver', placement.versions['kube-apiserver'], ['kube-apiserver']);
  const configs = [
    yamlFile(files.admission, admission(cluster), 0o644),
    yamlFile(files.audit, auditPolicy, 0o644),
    yamlFile(files.authentication, authentication, 0o644),
  ];
  const flags = { ...serverFlags(cluster, node), ...accessFlags(cluster), ...etcdFlags(cluster), ...clientFlags, ...auditFlags };
  const unit = unitFile(render, node, 'kube-apiserver', flags, { credentials: credentials.settings });
  const publicHalves = [
    'ca',
    'front-proxy-ca',
    'etcd/ca',
    'apiserver',
    'apiserver-etcd-client',
    'apiserver-kubelet-client',
    'front-proxy-client',
  ];
  const inputs = [
    unit.path,
    ...links.map((link) => link.path),
    ...configs.map((file) => file.path),
    ...credentials.paths,
    ...publicHalves.map((name) => `${pkiDirectory}/${name}.crt`),
    `${pkiDirectory}/sa.pub`,
  ];
  return {
    component: 'kube-apiserver',
    install: [
      account(user),
      directory(configDirectory),
      directory('/var/log/kubernetes'),
      dataDirectory(auditDirectory, { mode: 0o700, owner: user }),
      ...binaries,
    ],
    run: [
      ...links,
      ...certificates(cluster, node, ['apiserver']),
      ...etcdClientResources(cluster, node),
      ...certificates(cluster, node, ['apiserver-kubelet-client', 'front-proxy-client']),
      ...configs,
      unit,
      { kind: 'unit', unit: unitName('kube-apiserver'), inputs },
    ],
    unit: unitName('kube-apiserver'),
    health: [{ component: 'kube-apiserver', url: 'https://127.0.0.1:6443/readyz', caFile: `${pkiDirectory}/ca.crt` }],
    ports: [{ component: 'kube-apiserver', port: 6443, protocol: 'tcp', reach: 'nodes' }],
  };
};
