import { describe, expect, test } from 'vitest';
import { lookAtHosts } from '../../src/app/look.ts';
import { refuseUpgrade } from '../../src/app/refuse-upgrade.ts';
import type { Cluster, ComponentName } from '../../src/cluster/cluster.ts';
import { parseVersion } from '../../src/cluster/version.ts';
import { initWorkflow, joinWorkflow } from '../../src/workflows/init.ts';
import { stageWorkflow } from '../../src/workflows/stage.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();

function wants(cluster: Cluster, release: string): Cluster {
  const kubernetesVersion = parseVersion(release);
  if (kubernetesVersion === undefined) throw new RangeError(release);
  return { ...cluster, kubernetesVersion };
}

function wantsOf(cluster: Cluster, component: ComponentName, version: string): Cluster {
  const nodes = cluster.nodes.map((node) => ({
    ...node,
    components: { ...node.components, [component]: { ...node.components[component], version } },
  }));
  return { ...cluster, nodes };
}

async function living(name: string) {
  const model = new ModelCluster(await load(name));
  await runInit(model);
  const { observations } = await lookAtHosts(await openModelSession(model), initWorkflow);
  const { cluster } = model.desired;
  return { model, cluster, judge: (wanted: Cluster) => () => refuseUpgrade(wanted, observations) };
}

describe('a living cluster', () => {
  test.each(['1.36.5', '1.35.9'])('is not brought to %s by the way', async (release) => {
    const { judge, cluster } = await living('single.yaml');
    expect(judge(wants(cluster, release))).toThrow(
      expect.objectContaining({ exitCode: 8, message: expect.stringContaining('another minor than runs') }),
    );
  });

  test('with one program alone, its host and both releases are told, and the way back', async () => {
    const { judge, cluster } = await living('single.yaml');
    const node = cluster.nodes[0]?.name ?? '';
    expect(judge(wantsOf(cluster, 'etcd', '3.6.16'))).toThrow(
      expect.objectContaining({
        message: `${node}: etcd is 3.7.3, and the inventory wants 3.6.16: another minor is no setting that can be rolled out`,
        details: expect.objectContaining({ remedy: expect.stringContaining('put the release of 3.7 back') }),
      }),
    );
  });

  test('is told of every host: members of etcd on machines of their own, too', async () => {
    const { judge, cluster } = await living('external-etcd.yaml');
    const failed = cluster.nodes.filter(({ roles }) => roles.includes('etcd')).length;
    const refused = (() => {
      try {
        judge(wantsOf(cluster, 'etcd', '3.6.16'))();
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toMatchObject({ details: { failures: { length: failed } } });
  });

  test.each(['1.37.0', '1.37.9'])('takes another patch, %s', async (release) => {
    const { judge, cluster } = await living('single.yaml');
    expect(judge(wants(cluster, release))).not.toThrow();
  });

  test('is refused by the look of init and of join; files may be sent ahead', async () => {
    const { model, cluster } = await living('single.yaml');
    const look = async (workflow: typeof initWorkflow) =>
      lookAtHosts(await openModelSession(model, { cluster: wants(cluster, '1.36.5') }), workflow);
    await expect(look(initWorkflow)).rejects.toMatchObject({ exitCode: 8 });
    await expect(look(joinWorkflow)).rejects.toMatchObject({ exitCode: 8 });
    await expect(look(stageWorkflow)).resolves.toBeDefined();
  });
});

test('before anything was started, a mistake may be corrected', async () => {
  const model = new ModelCluster(await load('single.yaml'));
  const session = await openModelSession(model, { cluster: wants(model.desired.cluster, '1.36.5') });
  await expect(lookAtHosts(session, initWorkflow)).resolves.toBeDefined();
});
