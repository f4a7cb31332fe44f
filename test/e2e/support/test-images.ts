import path from 'node:path';
import { inject } from 'vitest';
import { shared } from './shared-cluster.ts';
import { feedToHost } from './ssh-client.ts';

export const echoImage = 'kcluster.dev/echo:1';
export const busyboxImage = 'kcluster.dev/busybox:1';

const archives = ['echo_1_amd64.tar', 'busybox_1_amd64.tar'].map((name) => `images/kcluster.dev/${name}`);

/** Puts the images that the tests run on every host, as a user without a registry does. */
export async function importTestImages(): Promise<void> {
  for (const archive of archives) {
    const file = path.join(inject('mirror'), archive);
    await Promise.all(shared.nodes.map((node) => feedToHost(node, file, '/opt/kcluster/bin/ctr -n k8s.io images import - 2>/dev/null')));
  }
}
