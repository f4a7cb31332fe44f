import { stringify } from 'yaml';
import { echoImage } from './test-images.ts';

interface Choices {
  /** Of the pods' spec. */
  readonly pod?: object;
  /** Of their container. */
  readonly container?: object;
  /** Further objects, made before the pods are. */
  readonly besides?: readonly object[];
  /** False: drains may take both pods. */
  readonly budget?: boolean;
  /** They are Ready no sooner than this after their start. */
  readonly readyAfterSeconds?: number;
}

/** A namespace with two pods, spread over nodes and never both taken by a drain, behind a Service `echo`; as a manifest. */
export function echoObjects(namespace: string, choices: Choices = {}): string {
  const { pod = {}, container = {}, besides = [], budget = true, readyAfterSeconds = 0 } = choices;
  const labels = { app: 'echo' };
  const metadata = { name: 'echo', namespace };
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  };
  const echo = {
    name: 'echo',
    image: echoImage,
    imagePullPolicy: 'Never',
    ...container,
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: readyAfterSeconds, periodSeconds: 1 },
  };
  const template = { metadata: { labels }, spec: { ...pod, topologySpreadConstraints: [spread], containers: [echo] } };
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...besides,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 2, selector: { matchLabels: labels }, template } },
    ...(budget
      ? [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { minAvailable: 1, selector: { matchLabels: labels } } }]
      : []),
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } },
  ];
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
}
