import { randomBytes } from 'node:crypto';
import type { Cluster, KeyAlgorithm, Node } from '../../src/cluster/cluster.ts';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';
import type { LeafRequest } from '../../src/pki/certificate-table.ts';
import { type Issued, issueAuthority } from '../../src/pki/issue-authority.ts';

/** Noon, so that neither end of a day is near. */
export const now = new Date('2026-06-15T12:00:00Z');

export function daysAfter(date: Date, days: number): Date {
  return new Date(date.getTime() + days * 86_400_000);
}

export interface SampleOptions {
  readonly cluster?: object;
  /** Roles by node name. */
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
}

/** A cluster made the way users make one. */
export function sampleCluster({ cluster = {}, nodes = { 'cp-1': ['control-plane'], 'w-1': ['worker'] } }: SampleOptions = {}): Cluster {
  const inventory = {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Inventory',
    cluster: { name: 'sample', ...cluster },
    nodes: Object.entries(nodes).map(([name, roles], index) => ({
      name,
      address: `192.0.2.${index + 1}`,
      internalAddress: `198.51.100.${index + 1}`,
      roles,
    })),
  };
  return parseInventory(JSON.stringify(inventory), 'sample.yaml');
}

export function nodeOf(cluster: Cluster, name: string): Node {
  return nodeNamed(cluster, name);
}

export function sampleRequest(change: Partial<LeafRequest> = {}): LeafRequest {
  return {
    id: 'sample',
    ca: 'cluster',
    commonName: 'sample',
    organizations: ['one', 'two'],
    usages: ['client', 'server'],
    names: ['sample', 'sample.example.com', '*.apps.example.com'],
    addresses: ['192.0.2.1', '2001:db8::1'],
    days: 365,
    keyAlgorithm: 'ecdsa-p256',
    ...change,
  };
}

export function sampleAuthority(keyAlgorithm: KeyAlgorithm = 'ecdsa-p256', days = 3650, commonName = 'sample-ca'): Promise<Issued> {
  return issueAuthority({ commonName, days, keyAlgorithm }, randomBytes, now);
}
