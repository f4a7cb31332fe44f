import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sessionOf } from '../../src/app/plan-hop.ts';
import { openSecretStore } from '../../src/app/secret-store.ts';
import type { Session } from '../../src/app/session.ts';
import { sample, three } from '../components/sample.ts';
import { v } from '../upgrade/situation.ts';
import { memoryState } from './support/memory-state.ts';

const text = (release: string): string => `cluster:\n  kubernetesVersion: "${release}" # ours\n`;

async function sessionWith(inventory: string | undefined): Promise<Session> {
  const cluster = sample(three);
  const given = new Map(inventory === undefined ? [] : [['backup-inventory', inventory] as const]);
  return { cluster, secrets: await openSecretStore(cluster, memoryState(), () => undefined, given) } as Session;
}

test('backups of hosts take an inventory along that names the release of the hop', async () => {
  const { cluster, secrets } = sessionOf(await sessionWith(text('1.36.5')), v('1.37.1'));
  expect(cluster.kubernetesVersion).toEqual(v('1.37.1'));
  expect(secrets.get('backup-inventory')).toBe(text('1.37.1'));
  expect(secrets.digests().get('backup-inventory')).toBe(createHash('sha256').update(text('1.37.1')).digest('hex'));
  expect(secrets.get('ca.crt')).toBeUndefined();
});

test.each([['x: &r "1.36.5"\ncluster: { kubernetesVersion: *r }\n'], [undefined]])(
  'as it is where it cannot be named, or is not taken along',
  async (inventory) => {
    const { secrets } = sessionOf(await sessionWith(inventory), v('1.37.1'));
    expect(secrets.get('backup-inventory')).toBe(inventory);
    expect(secrets.digests().has('backup-inventory')).toBe(inventory !== undefined);
  },
);
