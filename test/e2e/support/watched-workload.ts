import { eventually } from './eventually.ts';
import { type Fed, Feeds } from './feeds.ts';
import type { OwnLab } from './own-lab.ts';
import { echoImage } from './test-images.ts';

/** Two pods behind a Service that says goodbye, as workloads that must answer do, and somebody who may read. */
const objects = (namespace: string): string => `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: ${namespace} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: reader, namespace: ${namespace} }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo, namespace: ${namespace} }
spec:
  replicas: 2
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      terminationGracePeriodSeconds: 30
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app: echo } } }
      containers:
        - name: echo
          image: ${echoImage}
          imagePullPolicy: Never
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
          readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: echo, namespace: ${namespace} }
spec: { minAvailable: 1, selector: { matchLabels: { app: echo } } }
---
apiVersion: v1
kind: Service
metadata: { name: echo, namespace: ${namespace} }
spec: { selector: { app: echo }, ports: [{ port: 80, targetPort: 8080 }] }
`;

/** Where the clients are: one asks the API through the balancer of its host, the other the Service. */
interface Clients {
  readonly api: string;
  readonly service: string;
}

/** What must be answered all the time, with one client each that asks for it without retries, at most 20 s a request. */
export class WatchedWorkload {
  readonly namespace: string;
  private readonly lab: OwnLab;
  private feeds: Feeds;

  constructor(lab: OwnLab, namespace: string) {
    this.lab = lab;
    this.namespace = namespace;
    this.feeds = new Feeds(lab, {});
  }

  /** Puts the pods on these workers; resolves once the Service answers and the clients ask. */
  async start(workers: readonly string[], clients: Clients): Promise<void> {
    const { lab, namespace } = this;
    const kubectl = '/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf';
    await lab.importImage(workers, 'echo_1_amd64.tar');
    await lab.on('cp1', `${kubectl} apply -f - <<'OBJECTS'\n${objects(namespace)}OBJECTS`);
    await lab.kubectl('cp1', `rollout status -n ${namespace} deployment/echo --timeout=120s --request-timeout=0`);
    const address = await lab.kubectl('cp1', `get service echo -n ${namespace} -o 'jsonpath={.spec.clusterIP}'`);
    const token = (await lab.kubectl('cp1', `create token -n ${namespace} reader --duration=6h`)).trim();
    await lab.on(clients.api, `umask 077; cat >/run/reader <<'TOKEN'\nAuthorization: Bearer ${token}\nTOKEN`);
    const api = `https://127.0.0.1:6444/api/v1/namespaces/${namespace}/services`;
    this.feeds = new Feeds(lab, {
      api: { host: clients.api, request: `curl -sSf -m 20 -o /dev/null --cacert /etc/kubernetes/pki/ca.crt -H @/run/reader ${api}` },
      service: { host: clients.service, request: `curl -sSf -m 20 -o /dev/null http://${address}/` },
    });
    await eventually(
      'the Service answers',
      () => lab.tryOn(clients.service, `curl -sSf -m 2 http://${address}/`),
      ({ code }) => code === 0,
    );
    await this.feeds.start();
  }

  /** How many of the two pods may not be taken away. */
  async budget(minAvailable: number): Promise<void> {
    await this.lab.kubectl('cp1', `patch pdb echo -n ${this.namespace} --type=merge -p '{"spec":{"minAvailable":${minAvailable}}}'`);
  }

  async read(): Promise<{ readonly api: Fed; readonly service: Fed }> {
    const { api, service } = await this.feeds.read();
    if (api === undefined || service === undefined) throw new Error('the clients were not started');
    return { api, service };
  }

  stop(): Promise<void> {
    return this.feeds.stop();
  }
}
