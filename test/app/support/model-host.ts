import type { JsonObject, Node } from '../../../src/cluster/cluster.ts';
import type { Action } from '../../../src/engine/action.ts';
import { nothingKept } from '../../../src/engine/actions/keep.ts';
import { movedStatus } from '../../../src/engine/actions/shell-library.ts';
import type { Condition } from '../../../src/engine/condition.ts';
import { hopelessStatus } from '../../../src/engine/condition-script.ts';
import { hostPaths } from '../../../src/engine/host-paths.ts';
import type { Observations } from '../../../src/engine/observation.ts';
import type { Host, RunOptions, RunResult, Upload } from '../../../src/host/host.ts';
import { podsToEvict } from '../../../src/phases/drain-findings.ts';
import { encodeObservations } from './encode-observations.ts';
import { healthyGivenEtcd } from './given-etcd.ts';
import { goodFacts } from './good-facts.ts';
import type { ModelCluster } from './model-cluster.ts';
import type { ModelEtcd } from './model-etcd.ts';
import { ModelMachine, MovedError } from './model-machine.ts';

/** Nothing in it is in the way of an upgrade. */
const quietApi = { budgets: [], workloads: [], webhooks: [], endpoints: new Map(), definitions: [], pods: [], local: new Map() };

const answer = (code: number, stdout = '', stderr = ''): RunResult => ({ code, stdout, stderr });

/** The connection to a machine of a model: answers looks, carries out steps by their actions, with the texts of their scripts. */
export class ModelHost implements Host {
  readonly node: string;
  readonly machine: ModelMachine;
  /** Titles of what was run, in order. */
  readonly ran: string[] = [];
  /** Laid over what a look shows. */
  override: Partial<Observations> = {};
  /** `address port` -> the line about it, in place of being reached. */
  readonly unreached = new Map<string, string>();
  readonly followed: string[] = [];
  roundTrips = 0;
  isClosed = false;
  private readonly cluster: ModelCluster;
  private readonly subject: Node;

  constructor(cluster: ModelCluster, node: Node) {
    this.node = node.name;
    this.cluster = cluster;
    this.subject = node;
    this.machine = new ModelMachine(node.name, cluster.desired.describe(node));
  }

  isActive(unit: string): boolean {
    return this.machine.units.get(unit)?.active === 'active';
  }

  /** A member of etcd is ready once it votes in a quorum. */
  private isHealthy(unit: string): boolean {
    return this.isActive(unit) && (unit !== 'etcd.service' || this.cluster.etcd.isReady(this.node));
  }

  /** Everything that could be asked, as it is now. */
  look(): Observations {
    const { machine, cluster } = this;
    const urls = cluster.desired.describe(this.subject).flatMap(({ unit, health }) =>
      health.map(({ url, component }) => {
        const answers =
          component === 'endpoint'
            ? machine.files.has('/etc/kubernetes/pki/ca.crt') && cluster.hasApi()
            : unit !== undefined && this.isHealthy(unit);
        return [url, { status: answers ? 200 : 0 }] as const;
      }),
    );
    const hasApi = machine.files.has(hostPaths.adminKubeconfig) && cluster.hasApi();
    return {
      ...machine.look(),
      asked: new Set(),
      health: new Map(urls),
      kubeNodes: hasApi ? cluster.nodes : undefined,
      kubeObjects: hasApi ? cluster.objects : undefined,
      kubePods: hasApi ? { pods: this.podsOfAll(), budgets: cluster.budgets, singles: cluster.singles } : undefined,
      kubeUpgrade: hasApi ? quietApi : undefined,
      deprecatedApis: hasApi ? { apis: [], callers: [] } : undefined,
      kubePodCounts: hasApi ? new Map([...cluster.pods].map(([name, pods]) => [name, pods.length])) : undefined,
      etcd: cluster.etcd.seenBy(this.node),
      etcdFsync: undefined,
      startsMs: new Map(),
      facts: goodFacts(this.node),
      listeners: [],
      onLink: new Map(),
      entries: new Map([...machine.look().entries, ['/var/lib/etcd', this.dataEntries()]]),
      endpoint: this.seeEndpoint(),
      givenEtcd: healthyGivenEtcd(cluster.desired.cluster, hasApi),
      ...this.override,
    };
  }

  private dataEntries(): readonly string[] {
    return [...this.machine.files.keys()].flatMap((path) => /^\/var\/lib\/etcd\/([^/]+)$/.exec(path)?.[1] ?? []);
  }

  /** A balancer that passes connections on to API servers, and refuses them while there is none. */
  private seeEndpoint(): Observations['endpoint'] {
    const { endpoint } = this.cluster.desired.cluster;
    if (endpoint === undefined) return undefined;
    const answers = this.cluster.hasApi();
    return {
      addresses: ['192.0.2.250'],
      result: answers ? 'verified' : 'refused',
      status: answers ? 200 : 0,
      fault: answers ? '' : 'Connection refused',
    };
  }

  private podsOfAll() {
    return new Map([...this.cluster.nodes.keys()].map((name) => [name, this.cluster.pods.get(name) ?? []]));
  }

  async run(script: string, { title = '', signal }: RunOptions = {}): Promise<RunResult> {
    signal?.throwIfAborted();
    this.cluster.refuseDead(this.node);
    this.roundTrips++;
    this.ran.push(title);
    if (title.startsWith('observe ')) return answer(0, encodeObservations(this.look()));
    const forgotten = /^(\S+): forget what was kept$/.exec(title)?.[1];
    if (forgotten !== undefined) return this.forget(forgotten);
    if (title.startsWith('put back ')) return answer(this.machine.putBack(title.slice('put back '.length)) ? 0 : nothingKept);
    if (title.startsWith('recover ')) return this.readBack(script);
    if (title.startsWith('wait: ')) return this.answerCondition(title.slice('wait: '.length));
    return this.answerPaths(title, script) ?? this.carryOut(title, script);
  }

  async upload(file: Upload, onProgress?: (sentBytes: number) => void): Promise<void> {
    this.cluster.refuseDead(this.node);
    this.roundTrips++;
    this.machine.uploads.set(file.path, file);
    onProgress?.(file.sizeBytes);
  }

  async download(): Promise<never> {
    throw new Error(`${this.node} has no files to give`);
  }

  /** The lock, held until it is let go, and listeners, which are there until they are ended. */
  async follow(script: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<number> {
    this.roundTrips++;
    this.followed.push(script);
    onLine(script.includes('flock') ? 'held' : 'ready\t4711');
    const { promise, resolve } = Promise.withResolvers<number>();
    if (signal?.aborted === true) resolve(-1);
    signal?.addEventListener('abort', () => resolve(-1), { once: true });
    return promise;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Everything that is tried is reached from this host's own address, at once. */
  private answerPaths(title: string, script: string): RunResult | undefined {
    const own = this.subject.internalAddress;
    if (title === 'stop listening') return answer(0);
    if (title === 'read the clock') return answer(0, String(Date.now()));
    if (title === 'count keys by kind') return answer(0, '7\t7340032\t/fill\n9\t900\tpods\n');
    if (title === 'measure the disk of etcd') return answer(0, 'write\t0.001\n');
    if (!/^try \d+ paths$/.test(title)) return undefined;
    const targets = [...script.matchAll(/^([\d.]+) \S+ \d+ ([\d ]+)$/gm)];
    const reached = targets.flatMap(([, address = '', ports = '']) =>
      ports.split(' ').map((port) => {
        const said = this.unreached.get(`${address} ${port}`) ?? `0\t0.0002 ${own}\t${own}:40000`;
        return `reach\t${address}\t${port}\t${said}\n`;
      }),
    );
    return answer(0, `address\t${own}\n${reached.join('')}`);
  }

  private forget(step: string): RunResult {
    const kept = this.cluster.step(step)?.actions.find((action) => action.kind === 'keep');
    if (kept !== undefined) this.machine.forget(kept.name);
    return answer(0);
  }

  private readBack(script: string): RunResult {
    const path = script.replace(/^base64 </, '').replaceAll("'", '');
    const text = this.machine.texts.get(path);
    return text === undefined ? answer(1, '', `no ${path}`) : answer(0, Buffer.from(text).toString('base64'));
  }

  private carryOut(title: string, script: string): RunResult {
    const step = this.cluster.step(title);
    if (step === undefined) return answer(127, '', `${this.node} was sent something that is in no plan: ${title}`);
    this.machine.begin(script);
    try {
      for (const action of step.actions) {
        this.cluster.countAction(step, action.kind);
        this.carryOutAction(action);
        this.cluster.etcd.judge(`${title}: ${action.kind}`);
      }
      this.cluster.stepsLeft--;
      this.cluster.refuseDead(this.node);
      return answer(0);
    } catch (error) {
      if (error instanceof MovedError) return answer(movedStatus, '', error.message);
      throw error;
    }
  }

  private carryOutAction(action: Action): void {
    if (action.kind === 'unit' && action.unit === 'etcd.service' && action.op !== 'enable') this.cluster.etcd.start(this.node);
    this.machine.carryOut(action);
    if (action.kind === 'kube-apply') this.apply(action.objects);
    else if (action.kind.startsWith('kube-')) this.cluster.operate(action as Parameters<ModelCluster['operate']>[0]);
    else if (action.kind.startsWith('etcd-')) this.cluster.etcd.operate(this.node, action as Parameters<ModelEtcd['operate']>[1]);
    if (action.kind === 'unit') this.afterUnit(action.unit, action.op);
    if (action.kind === 'restore-stage' || action.kind === 'restore-switch') this.cluster.etcd.restore(this.node, action);
  }

  private apply(objects: readonly JsonObject[]): void {
    if (!this.isActive('kube-apiserver.service')) throw new Error(`${this.node} has no API server to apply through`);
    for (const object of objects) this.cluster.apply(object);
  }

  private afterUnit(unit: string, op: string): void {
    if (op !== 'start' && op !== 'restart') return;
    if (unit === 'kube-apiserver.service' && !this.findsEtcd()) throw new Error(`${this.node}: kube-apiserver finds no etcd`);
    if (unit === 'kubelet.service') {
      if (!this.isActive('containerd.service')) throw new Error(`${this.node}: kubelet finds no containerd`);
      this.cluster.register(this.node);
    }
  }

  /** Each control plane asks the member beside it, or those on machines of their own. */
  private findsEtcd(): boolean {
    const { etcd, desired } = this.cluster;
    if (desired.cluster.etcd.given !== undefined) return true;
    return this.subject.roles.includes('etcd') ? etcd.isReady(this.node) : etcd.hasQuorum();
  }

  private answerCondition(title: string): RunResult {
    const conditions = (this.cluster.plan?.steps ?? []).flatMap(({ gate }) => gate);
    const condition = conditions.find((candidate) => candidate.title === title);
    if (condition !== undefined && this.holds(condition)) return answer(0);
    // Founders wait for each other.
    const isWorthWaiting = condition?.test.kind === 'http' && condition.test.unit === 'etcd.service';
    return answer(isWorthWaiting ? 1 : hopelessStatus, `${title}: no`);
  }

  private holds({ test }: Condition): boolean {
    if (test.kind === 'http') return test.unit === undefined ? this.look().health.get(test.url)?.status === 200 : this.isHealthy(test.unit);
    if (test.kind === 'etcd-restored') return this.cluster.etcd.hasQuorum() && this.cluster.etcd.serving !== '';
    if (test.kind === 'etcd-caught-up') return this.cluster.etcd.isRunning(this.node);
    if (test.kind === 'unit-active' || test.kind === 'http-speaks') return this.isActive(test.unit);
    if (test.kind === 'nodes-ready') return test.nodes.every((name) => this.cluster.nodes.has(name));
    if (test.kind === 'node-drained') return podsToEvict(this.cluster.pods.get(test.node) ?? []).length === 0;
    if (test.kind === 'deployment-available') {
      const [namespace, name] = test.name.split('/');
      return this.cluster.objects.has(`Deployment/${namespace}/${name}`);
    }
    return true;
  }
}
