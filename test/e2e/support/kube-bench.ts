import path from 'node:path';
import { inject } from 'vitest';
import { buildMirror } from '../../../build/mirror.ts';
import { formatVersion } from '../../../src/cluster/version.ts';
import { loadInventory } from '../../../src/inventory/load-inventory.ts';
import { root, runProgram } from './run-kcluster.ts';
import { onHost, shared } from './shared-cluster.ts';
import { feedToHost } from './ssh-client.ts';

export type Status = 'PASS' | 'FAIL' | 'WARN' | 'INFO';

export interface Check {
  readonly id: string;
  /** master, etcd, controlplane, node, policies */
  readonly target: string;
  readonly status: Status;
  readonly text: string;
}

const release = 'github.com/aquasecurity/kube-bench/releases/download/v0.14.0/kube-bench_0.14.0_linux_amd64.tar.gz';
const pathMap = path.join(root, 'cis/config.yaml');
const profile = 'cis-1.11';
const onHosts = '/root/kube-bench';

const archive = (): string => path.join(inject('mirror'), release);
const command = `./kube-bench run --config-dir cfg --config cfg/config.yaml --benchmark ${profile} --json`;

interface Result {
  readonly test_number: string;
  readonly status: Status;
  readonly test_desc: string;
  readonly actual_value: string;
}

interface Report {
  readonly Controls: readonly {
    readonly node_type: string;
    /** null when no check of the target was selected. */
    readonly tests: readonly { readonly results: readonly Result[] }[] | null;
  }[];
}

function readReport(json: string): readonly Check[] {
  const { Controls: controls } = JSON.parse(json) as Report;
  return controls.flatMap(({ node_type: target, tests }) =>
    (tests ?? []).flatMap(({ results }) =>
      results.map(({ test_number: id, status, test_desc: text, actual_value: value }) => ({
        id,
        target,
        status,
        text: `${text}: ${value}`,
      })),
    ),
  );
}

/** No cluster needs it, so the mirror has it only when it is asked for by name. */
export async function buildKubeBench(): Promise<void> {
  await buildMirror({ kubernetes: '1.37.1', directory: inject('mirror'), only: ['kube-bench'] });
}

export async function installKubeBench(node: string): Promise<void> {
  await feedToHost(node, archive(), `mkdir -p ${onHosts} && tar xz -C ${onHosts}`);
  await feedToHost(node, pathMap, `cat >${onHosts}/cfg/${profile}/config.yaml`);
}

export async function removeKubeBench(node: string): Promise<void> {
  await onHost(node, `rm -rf ${onHosts}`);
}

/** @param selection `--targets …` or `--check …` */
export async function benchHost(node: string, selection: string): Promise<readonly Check[]> {
  return readReport(await onHost(node, `cd ${onHosts} && ${command} ${selection}`));
}

/** The checks that ask the API: run beside the operator's kubeconfig. Their scripts want bash as /bin/sh, kubectl and jq. */
export async function benchPolicies(directory: string): Promise<readonly Check[]> {
  const { kubernetesVersion } = await loadInventory(shared.inventory);
  const kubectl = path.join(inject('mirror'), `dl.k8s.io/release/v${formatVersion(kubernetesVersion)}/bin/linux/amd64/kubectl`);
  const script = `set -e
command -v jq >/dev/null || apt-get install -qq -y jq >/dev/null
cd ${directory}
tar xzf ${archive()}
install -D ${kubectl} bin/kubectl
mount --bind "$(command -v bash)" "$(readlink -f /bin/sh)"
PATH=$PWD/bin:$PATH ${command} --targets policies`;
  const env = { ...process.env, KUBECONFIG: path.join(shared.stateDirectory, 'admin.conf') };
  const { code, stdout, stderr } = await runProgram('unshare', ['--mount', 'bash', '-s'], script, env);
  if (code !== 0) throw new Error(`kube-bench for policies ended with ${code}\n${stderr}`);
  return readReport(stdout);
}

export function countByStatus(checks: readonly Check[]): Readonly<Record<Status, number>> {
  const count = (status: Status) => checks.filter((check) => check.status === status).length;
  return { PASS: count('PASS'), FAIL: count('FAIL'), WARN: count('WARN'), INFO: count('INFO') };
}
