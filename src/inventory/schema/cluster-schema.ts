import { z } from 'zod';
import { defaultKubernetesVersion } from '../../cluster/default-version.ts';
import {
  judgeEndpoint,
  judgeEtcdURL,
  judgeHost,
  judgeKubernetesVersion,
  judgeSubjectAlternativeName,
  matches,
  patterns,
} from '../syntax.ts';
import { exactly, mapping, oneOf, path, text, wholeNumber } from './building-blocks.ts';
import { componentsSchema } from './component-schema.ts';
import { networkSchema } from './network-schema.ts';
import { nodeSchema } from './node-schema.ts';
import { snapshotsSchema } from './snapshots-schema.ts';
import { sshDefaultsSchema } from './ssh-schema.ts';

const endpoint = z
  .union(
    [
      text('host:port', judgeEndpoint),
      mapping({ host: text('IP address or DNS name.', judgeHost), port: wholeNumber('Port.', 1, 65535).default(6443) }, 'Host and port.'),
    ],
    { error: 'must be "host:port", or a mapping of host and port' },
  )
  .describe('Load balancer or virtual address in front of the API servers; the port is 6443 unless given.');

const etcd = mapping(
  {
    topology: oneOf(
      'a topology',
      ['stacked', 'external'],
      'stacked: on the control-plane nodes. external: on the nodes with the role etcd, or at your endpoints.',
    ).default('stacked'),
    endpoints: z
      .array(text('https://host:port', judgeEtcdURL))
      .min(1)
      .max(9)
      .describe('Client URLs of an etcd that you run yourself, with topology: external; then no node has the role etcd.')
      .optional(),
    caFile: path('Authority of that etcd, PEM, relative to the inventory or under ~.').optional(),
    certFile: path('Client certificate for that etcd, PEM.').optional(),
    keyFile: path('Key of the client certificate, PEM, without a passphrase.').optional(),
    snapshots: snapshotsSchema.prefault({}),
  },
  'The store behind the API servers.',
);

const addons = mapping({ coredns: z.boolean().describe('DNS for pods and services.').default(true) }, 'What runs as pods.');

const security = mapping(
  {
    keyAlgorithm: oneOf('a key algorithm', ['ecdsa-p256', 'rsa-2048', 'rsa-3072', 'rsa-4096'], 'Of every key that kcluster makes.').default(
      'ecdsa-p256',
    ),
    leafDays: wholeNumber('Days a certificate is valid.', 1, 3650).default(365),
    caDays: wholeNumber('Days an authority is valid.', 30, 36500).default(3650),
    podSecurity: oneOf(
      'a Pod Security level',
      ['privileged', 'baseline', 'restricted'],
      'Enforced in namespaces that say nothing else.',
    ).default('baseline'),
    apiServerSANs: z
      .array(text('A DNS name or IP address.', judgeSubjectAlternativeName))
      .describe('Further names and addresses under which clients reach the API servers.')
      .default([]),
  },
  'Keys, certificates and pod security.',
);

const artifacts = mapping(
  {
    mirror: path('URL or directory that holds downloads as <host>/<path>.').optional(),
    source: oneOf('a source', ['operator', 'node'], 'operator: fetched here, sent over SSH. node: each node fetches for itself.').default(
      'operator',
    ),
    trust: oneOf(
      'a kind of trust',
      ['pinned', 'mirror'],
      "pinned: kcluster's checksums hold. mirror: the mirror's own checksum files are believed.",
    ).default('pinned'),
  },
  'Where binaries and images come from.',
);

const hook = (when: string) =>
  text(
    `Command that sh runs on your machine ${when} each node; KCLUSTER_NODE names it. Another status than 0 stops the upgrade.`,
    (command) => (command.trim() === '' ? 'is empty' : undefined),
  ).optional();

const upgrade = mapping(
  {
    soakSeconds: wholeNumber('How long a node is watched before the next one is taken.', 0, 86_400).optional(),
    beforeNode: hook('before'),
    afterNode: hook('after'),
  },
  'What happens around each node that an upgrade takes.',
);

const preflight = mapping(
  {
    ignore: z
      .array(text('Name of a check.', matches(patterns.preflightName, 'is not the name of a check')))
      .describe('Checks whose errors are shown as warnings.')
      .default([]),
  },
  'Checks before anything is changed.',
);

export const clusterSchema = mapping(
  {
    name: text(
      'Name of the cluster, in kubeconfig files and certificates.',
      matches(patterns.clusterName, 'is not a cluster name: at most 63 lower-case letters, digits and "-"'),
    ),
    kubernetesVersion: text('Release to install, in quotes.', judgeKubernetesVersion).default(defaultKubernetesVersion),
    endpoint: endpoint.optional(),
    network: networkSchema.prefault({}),
    etcd: etcd.prefault({}),
    components: componentsSchema('Version, flags, environment and configuration by component.').optional(),
    addons: addons.prefault({}),
    security: security.prefault({}),
    artifacts: artifacts.prefault({}),
    upgrade: upgrade.optional(),
    preflight: preflight.prefault({}),
    ssh: sshDefaultsSchema.optional(),
  },
  'The cluster as a whole.',
);

export const inventorySchema = mapping(
  {
    apiVersion: exactly('kcluster/v1alpha1', 'Version of this form.'),
    kind: exactly('Inventory', 'What this file is.'),
    cluster: clusterSchema,
    nodes: z.array(nodeSchema).min(1).describe('The machines; their order means nothing.'),
  },
  'Inventory of a kcluster cluster.',
);

export type Inventory = z.output<typeof inventorySchema>;
export type ClusterSection = z.output<typeof clusterSchema>;
export type NodeSection = z.output<typeof nodeSchema>;
export type NetworkSection = z.output<typeof networkSchema>;
