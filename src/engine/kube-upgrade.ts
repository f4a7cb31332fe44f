import type { LabelSelector } from '../cluster/label-selector.ts';
import { type BudgetSeen, type PodSeen, readBudget } from './kube-pods.ts';

/** A PodDisruptionBudget, with how many pods it is over. */
export interface BudgetInUse extends BudgetSeen {
  readonly pods: number;
}

/** A Deployment, StatefulSet or DaemonSet: one of kube-system, or one of a single replica. */
export interface WorkloadSeen {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
}

/** A rule of a webhook, as much of it as says what it is asked about. */
export interface HookRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
}

/** One webhook of a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration. */
export interface WebhookSeen {
  readonly kind: string;
  readonly configuration: string;
  readonly name: string;
  readonly failurePolicy: string;
  readonly timeoutSeconds: number;
  /** Who answers it inside the cluster; absent: something outside. */
  readonly service?: { readonly namespace: string; readonly name: string };
  readonly rules: readonly HookRule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

/** A CustomResourceDefinition. */
export interface DefinitionSeen {
  readonly name: string;
  /** Versions in which objects may lie in etcd. */
  readonly stored: readonly string[];
  readonly served: readonly string[];
  readonly deprecated: readonly string[];
}

export interface PodInUse extends PodSeen {
  /** Empty until it is scheduled. */
  readonly node: string;
}

/** What the API says about what is in the way of an upgrade; a part that it did not answer is absent. */
export interface KubeUpgradeSeen {
  readonly budgets?: readonly BudgetInUse[];
  readonly workloads?: readonly WorkloadSeen[];
  readonly webhooks?: readonly WebhookSeen[];
  /** Endpoints that are ready, of the services that answer webhooks: `namespace/name` -> count. */
  readonly endpoints?: ReadonlyMap<string, number>;
  readonly definitions?: readonly DefinitionSeen[];
  /** Unfinished ones that nobody makes again, and those in namespaces whose budgets may be in the way. */
  readonly pods?: readonly PodInUse[];
  /** Unfinished pods with data that end with them, of each namespace. */
  readonly local?: ReadonlyMap<string, number>;
}

/** An API that somebody asked an API server for since it started, although it will be removed. */
export interface DeprecatedApi {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** `1.38`; empty: not decided. */
  readonly removedRelease: string;
}

/** Who asked for it, by the audit log. */
export interface DeprecatedCaller extends DeprecatedApi {
  readonly user: string;
  /** First word of what it calls itself. */
  readonly agent: string;
  readonly requests: number;
}

export interface DeprecatedApisSeen {
  readonly apis: readonly DeprecatedApi[];
  readonly callers: readonly DeprecatedCaller[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Fields = readonly string[];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

/** What is not JSON is taken for what is not there. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readRules(text: string): readonly HookRule[] {
  const rules = parse(text);
  const known = Array.isArray(rules) ? rules.filter(isRecord) : [];
  return known.map(({ apiGroups, resources }) => ({ apiGroups: textsOf(apiGroups), resources: textsOf(resources) }));
}

function readHook(kind: string, configuration: string, fields: Fields): WebhookSeen {
  const [name = '', failurePolicy = '', timeout = '', namespace = '', service = '', rules = '', ofNamespaces = '', ofObjects = ''] = fields;
  const [namespaceSelector, objectSelector] = [parse(ofNamespaces), parse(ofObjects)];
  return {
    kind,
    configuration,
    name,
    failurePolicy,
    timeoutSeconds: Number(timeout || 10),
    ...(service === '' ? {} : { service: { namespace, name: service } }),
    rules: readRules(rules),
    ...(isRecord(namespaceSelector) ? { namespaceSelector } : {}),
    ...(isRecord(objectSelector) ? { objectSelector } : {}),
  };
}

function readDefinition([name = '', stored = '', ...versions]: Fields): DefinitionSeen {
  const known = versions.map((text) => text.split(' ')).filter(([version]) => version !== '');
  const those = (at: number): readonly string[] => known.flatMap((words) => (words[at] === 'true' ? [words[0] ?? ''] : []));
  return { name, stored: textsOf(parse(stored)), served: those(1), deprecated: those(2) };
}

function readPodInUse([
  namespace = '',
  name = '',
  node = '',
  phase = '',
  kind = '',
  owner = '',
  marks = '',
  labels = '',
]: Fields): PodInUse {
  const read = parse(labels);
  return {
    namespace,
    name,
    node,
    phase,
    labels: isRecord(read) ? Object.fromEntries(Object.entries(read).map(([key, value]) => [key, String(value)])) : {},
    ...(kind === '' ? {} : { controller: { kind, name: owner } }),
    hasEmptyDir: marks.includes('e'),
    isMirror: marks.includes('m'),
  };
}

/** Collects the lines of the probe `kube-upgrade`; a part counts once its end was reached. */
export class KubeUpgradeReader {
  readonly #budgets: BudgetInUse[] = [];
  readonly #workloads: WorkloadSeen[] = [];
  readonly #webhooks: WebhookSeen[] = [];
  readonly #endpoints = new Map<string, number>();
  readonly #definitions: DefinitionSeen[] = [];
  readonly #pods: PodInUse[] = [];
  readonly #local = new Map<string, number>();
  readonly #whole = new Set<string>();
  #configuration = { kind: '', name: '' };
  #wasAsked = false;

  readonly readers: Readonly<Record<string, (fields: Fields) => void>> = {
    'u-asked': () => {
      this.#wasAsked = true;
    },
    'u-whole': ([part = '']) => this.#whole.add(part),
    'u-budget': (fields) => this.#budgets.push({ ...readBudget(fields), pods: Number(fields[4] || 0) }),
    'u-workload': ([kind = '', namespace = '', name = '', wanted = '', ready = '']) =>
      this.#workloads.push({ kind, namespace, name, wanted: Number(wanted || 0), ready: Number(ready || 0) }),
    'u-hooks': ([kind = '', name = '']) => {
      this.#configuration = { kind, name };
    },
    'u-hook': (fields) => this.#webhooks.push(readHook(this.#configuration.kind, this.#configuration.name, fields)),
    'u-endpoints': ([namespace = '', name = '', ready = '']) => this.#endpoints.set(`${namespace}/${name}`, Number(ready || 0)),
    'u-definition': (fields) => this.#definitions.push(readDefinition(fields)),
    'u-pod': (fields) => this.#pods.push(readPodInUse(fields)),
    'u-local': ([namespace = '', count = '']) => this.#local.set(namespace, (this.#local.get(namespace) ?? 0) + Number(count || 0)),
  };

  read(): KubeUpgradeSeen | undefined {
    if (!this.#wasAsked) return undefined;
    const seen: Mutable<KubeUpgradeSeen> = {};
    if (this.#whole.has('budgets')) seen.budgets = this.#budgets;
    if (this.#whole.has('workloads')) seen.workloads = this.#workloads;
    if (this.#whole.has('webhooks')) Object.assign(seen, { webhooks: this.#webhooks, endpoints: this.#endpoints });
    if (this.#whole.has('definitions')) seen.definitions = this.#definitions;
    if (this.#whole.has('pods')) Object.assign(seen, { pods: this.#pods, local: this.#local });
    return seen;
  }
}

/** Collects the lines of the probe `deprecated-apis`. */
export class DeprecatedApisReader {
  readonly #apis: DeprecatedApi[] = [];
  readonly #callers: DeprecatedCaller[] = [];
  #answered = false;

  readonly readers: Readonly<Record<string, (fields: Fields) => void>> = {
    'deprecated-apis': () => {
      this.#answered = true;
    },
    'deprecated-api': ([labels = '']) => {
      const of = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
      const [resource, subresource] = [of('resource'), of('subresource')];
      this.#apis.push({
        group: of('group'),
        version: of('version'),
        resource: subresource === '' ? resource : `${resource}/${subresource}`,
        removedRelease: of('removed_release'),
      });
    },
    'deprecated-caller': ([requests = '0', user = '', agent = '', resource = '', group = '', version = '', removedRelease = '']) =>
      this.#callers.push({ group, version, resource, removedRelease, user, agent, requests: Number(requests) }),
  };

  read(): DeprecatedApisSeen | undefined {
    return this.#answered ? { apis: this.#apis, callers: this.#callers } : undefined;
  }
}
