import { expect, test } from 'vitest';
import { summarizeCluster } from '../../src/ui/summarize-cluster.ts';
import { sample, three } from '../components/sample.ts';

const files = { admin: '/home/jane/.kcluster/sample/admin.conf', superAdmin: '/home/jane/.kcluster/sample/super-admin.conf' };
const cluster = sample(three, { endpoint: '192.0.2.5:6443' });

test('after a bring-up: the nodes, the kubeconfigs and what is next', () => {
  expect(summarizeCluster(cluster, files, true)).toMatchInlineSnapshot(`
    "cluster sample is ready

    NODE   ROLES                ADDRESS     VERSION
    c      control-plane,etcd   192.0.2.3   v1.37.1
    a      control-plane,etcd   192.0.2.1   v1.37.1
    b      control-plane,etcd   192.0.2.2   v1.37.1
    w      worker               192.0.2.9   v1.37.1

    kubeconfig:   /home/jane/.kcluster/sample/admin.conf
    break glass:  /home/jane/.kcluster/sample/super-admin.conf (member of system:masters: keep it offline)

    next: export KUBECONFIG=/home/jane/.kcluster/sample/admin.conf
          kubectl get nodes
          kcluster status"
  `);
});

test('when nothing was to do it says so', () => {
  const [headline, ...rest] = summarizeCluster(cluster, files, false).split('\n');
  expect(headline).toBe('cluster sample is as the inventory says: nothing to do');
  expect(rest).toEqual(summarizeCluster(cluster, files, true).split('\n').slice(1));
});
