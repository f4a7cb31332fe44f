import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inject } from 'vitest';
import { parse, stringify } from 'yaml';
import type { LabShape } from '../../../src/lab/lab.ts';
import { labDown } from '../../../src/lab/lab-down.ts';
import { labPowerOff } from '../../../src/lab/lab-power.ts';
import { sshArguments } from '../../../src/lab/lab-ssh.ts';
import { labUp } from '../../../src/lab/lab-up.ts';
import { requireLabState, requireMachine } from '../../../src/lab/state.ts';
import { eventually } from './eventually.ts';
import { preparedOpt } from './prepared-opt.ts';
import { type Finished, runKcluster, runProgram } from './run-kcluster.ts';

interface InventoryNode {
  readonly name: string;
  readonly [key: string]: unknown;
}
interface InventoryText {
  readonly cluster: { readonly components: object; readonly [key: string]: unknown };
  readonly nodes: readonly InventoryNode[];
}

const quiet = (): void => undefined;

/** Hosts of a test file of its own, and inventories that name some of them. */
export class OwnLab {
  readonly name: string;
  private readonly shape: LabShape;
  private readonly isBare: boolean;
  private full = '';
  /** The inventory in use, as written last. */
  inventory = '';

  /** `bare`: hosts that are sent every program, for tests of just that. */
  constructor(name: string, shape: LabShape, { bare = false } = {}) {
    this.name = name;
    this.shape = shape;
    this.isBare = bare;
  }

  async up(): Promise<void> {
    await labDown(this.name, quiet);
    const opt = this.isBare ? undefined : await preparedOpt();
    const prepared = opt === undefined ? {} : { opt };
    const { inventory } = await labUp({
      name: this.name,
      ...this.shape,
      ...prepared,
      mirror: inject('mirror'),
      install: true,
      report: quiet,
    });
    this.full = inventory;
    this.inventory = path.join(path.dirname(inventory), 'some.yaml');
  }

  down(): Promise<unknown> {
    return labDown(this.name, quiet);
  }

  /** `cp1` -> `lab-cp1` */
  host(short: string): string {
    return `${this.name}-${short}`;
  }

  /** `lab-cp1` -> `cp1` */
  short(host: string): string {
    return host.slice(this.name.length + 1);
  }

  /** An inventory of these hosts only, changed as said. */
  async write(
    hosts: readonly string[],
    change: { readonly cluster?: object; readonly components?: object; readonly nodes?: Readonly<Record<string, object>> } = {},
  ): Promise<void> {
    const { cluster, nodes, ...rest } = parse(await readFile(this.full, 'utf8')) as InventoryText;
    const components = { ...cluster.components, ...change.components };
    const names = hosts.map((short) => this.host(short));
    const chosen = nodes.filter(({ name }) => names.includes(name)).map((node) => ({ ...node, ...change.nodes?.[this.short(node.name)] }));
    await writeFile(
      this.inventory,
      stringify({ ...rest, cluster: { ...cluster, components, etcd: undefined, ...change.cluster }, nodes: chosen }),
    );
  }

  kcluster(...args: readonly string[]): Promise<Finished> {
    return runKcluster([...args, '-i', this.inventory]);
  }

  /** The verb must succeed: what it printed is the error otherwise. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.kcluster(...args);
    if (code !== 0) throw new Error(`kcluster ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  async tryOn(short: string, script: string): Promise<Finished> {
    const machine = requireMachine(await requireLabState(this.name), this.host(short));
    return runProgram('ssh', sshArguments(this.name, machine, { user: 'root', command: ['sh', '-s'] }), script);
  }

  async on(short: string, script: string): Promise<string> {
    const { code, stdout, stderr } = await this.tryOn(short, script);
    if (code !== 0) throw new Error(`${short}: ${script} ended with ${code}\n${stderr}`);
    return stdout;
  }

  /** Puts an image of the mirror on hosts, as a user without a registry does. */
  async importImage(shorts: readonly string[], archive: string): Promise<void> {
    const file = path.join(inject('mirror'), 'images/kcluster.dev', archive);
    const state = await requireLabState(this.name);
    for (const short of shorts) {
      const command = ['/opt/kcluster/bin/ctr -n k8s.io images import - >/dev/null 2>&1'];
      const words = sshArguments(this.name, requireMachine(state, this.host(short)), { user: 'root', command });
      const { code, stderr } = await runProgram('sh', ['-c', 'f=$1; shift; exec ssh "$@" <"$f"', 'sh', file, ...words]);
      if (code !== 0) throw new Error(`${short}: ${stderr}`);
    }
  }

  /** kubectl of a control-plane host; rejects when its API does not answer. */
  kubectl(short: string, words: string): Promise<string> {
    return this.on(short, `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s ${words}`);
  }

  /** The API as a worker's kubelet reaches it: through the balancer of its host. */
  askThroughBalancer(worker: string): Promise<Finished> {
    return this.tryOn(
      worker,
      `curl -s -m 5 -o /dev/null -w '%{http_code}' --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6444/readyz`,
    );
  }

  powerOff(short: string): Promise<void> {
    return labPowerOff(this.name, this.host(short));
  }

  /** Boots what is off. */
  async powerOn(): Promise<void> {
    await labUp({ name: this.name, ...this.shape, mirror: inject('mirror'), install: true, report: quiet });
  }

  /** `name voter|learner started|unstarted` of every member, sorted, as one member tells. */
  async members(short: string): Promise<readonly string[]> {
    const pki = '/etc/etcd/pki';
    const list = await this.on(
      short,
      `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key member list -w simple`,
    );
    const lines = list.trim().split('\n');
    return lines
      .map((line) => line.split(', '))
      .map(([, status, name = '', , , learner]) => `${this.short(name)} ${learner === 'true' ? 'learner' : 'voter'} ${status}`)
      .sort();
  }

  /** Names of Ready nodes, sorted. */
  async readyNodes(short: string): Promise<readonly string[]> {
    const template = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const lines = (await this.kubectl(short, `get nodes -o 'jsonpath=${template}'`)).trim().split('\n');
    return lines.flatMap((line) => (line.endsWith('=True') ? [this.short(line).slice(0, -5)] : [])).sort();
  }

  /** Resolves once a plan finds nothing to do: an API server finds its etcd again, and members a leader, a moment after others lost power. */
  async settles(): Promise<void> {
    const plan = async (): Promise<string> => {
      const { code, stdout, stderr } = await this.kcluster('plan');
      return code === 0 ? stdout : `${code}: ${stdout}${stderr}`;
    };
    await eventually('a plan is empty', plan, (text) => text.includes('Nothing to do'), 120_000);
  }

  /** When each kubelet last told that it lives, as text that changes. */
  private async leases(controlPlane: string, nodes: readonly string[]): Promise<readonly string[]> {
    const template = '{range .items[*]}{.metadata.name} {.spec.renewTime}{"\\n"}{end}';
    const lines = (await this.kubectl(controlPlane, `get leases -n kube-node-lease -o 'jsonpath=${template}'`)).trim().split('\n');
    const times = new Map(lines.map((line) => line.split(' ') as [string, string]));
    return nodes.map((short) => times.get(this.host(short)) ?? '');
  }

  /** Resolves once all these kubelets told again that they live: a status from before a power cut says Ready, too. */
  async reportsAgain(controlPlane: string, nodes: readonly string[]): Promise<void> {
    const ask = (): Promise<readonly string[]> => this.leases(controlPlane, nodes);
    const before = await eventually('leases are told', ask, () => true);
    const renewed = (now: readonly string[]): boolean => now.every((time, index) => time !== '' && time !== before[index]);
    await eventually('every kubelet that has power reports', ask, renewed, 120_000);
  }

  /** Resolves once this control plane's own API server answers, not another's, and tells that all these nodes are Ready. */
  async isBack(short: string, nodes: readonly string[]): Promise<void> {
    await eventually(
      `${short} is back`,
      () => this.readyNodes(short),
      (ready) => ready.length === nodes.length,
      180_000,
    );
  }
}
