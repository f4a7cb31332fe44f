import { certificates } from './certificates.ts';
import type { Describe } from './component.ts';
import { yamlFile } from './config-file.ts';
import { containerdSocket } from './containerd.ts';
import { byproduct, dataByproduct, directory, programs } from './parts.ts';

/** kubectl, and the credentials with which it works on a control-plane node. */
export const describeKubectl: Describe = (cluster, node, placement) => {
  const { binaries, links } = programs('kubectl', placement.versions.kubectl, ['kubectl']);
  return {
    component: 'kubectl',
    install: [...binaries, ...links],
    run: certificates(cluster, node, ['admin.conf']),
    health: [],
    ports: [],
  };
};

/** What backups are made and read with, where no member brings it along. */
export const describeEtcdTools: Describe = (_cluster, _node, placement) => {
  const { binaries, links } = programs('etcd', placement.versions.etcd, ['etcdctl', 'etcdutl']);
  return { component: 'etcd-tools', install: [...binaries, ...links], run: [], health: [], ports: [] };
};

export const describeRunc: Describe = (_cluster, _node, placement) => {
  const { binaries, links } = programs('runc', placement.versions.runc, ['runc']);
  return { component: 'runc', install: [...binaries, ...links], run: [], health: [], ports: [] };
};

/** What the plugin `routed` and the runtime call. */
const routedPlugins = ['bandwidth', 'bridge', 'host-local', 'loopback', 'portmap'] as const;
/** What a network that somebody else installs may build upon. */
const furtherPlugins = [
  'dhcp',
  'dummy',
  'firewall',
  'host-device',
  'ipvlan',
  'macvlan',
  'ptp',
  'sbr',
  'static',
  'tap',
  'tuning',
  'vlan',
  'vrf',
] as const;

export const describeCniPlugins: Describe = (cluster, _node, placement) => {
  const names = cluster.network.plugin === 'routed' ? routedPlugins : [...routedPlugins, ...furtherPlugins];
  const { binaries, links } = programs('cni-plugins', placement.versions['cni-plugins'], names, '/opt/cni/bin');
  return {
    component: 'cni-plugins',
    install: [
      byproduct('directory', '/opt/cni'),
      directory('/opt/cni/bin'),
      byproduct('directory', '/etc/cni'),
      directory('/etc/cni/net.d'),
      dataByproduct('/var/lib/cni'),
      byproduct('directory', '/run/netns'),
      ...binaries,
      ...links,
    ],
    run: [],
    health: [],
    ports: [],
  };
};

export const describeCrictl: Describe = (_cluster, _node, placement) => {
  const { binaries, links } = programs('crictl', placement.versions.crictl, ['crictl']);
  const endpoint = `unix://${containerdSocket}`;
  const config = yamlFile('/etc/crictl.yaml', { 'runtime-endpoint': endpoint, 'image-endpoint': endpoint, timeout: 10 });
  return { component: 'crictl', install: [...binaries, ...links, config], run: [], health: [], ports: [] };
};
