// The main job, for real: lab hosts, artifacts, a cluster, and a pod that answers through a Service.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildMirror } from '../build/mirror.ts';
import { defaultKubernetesVersion } from '../src/cluster/default-version.ts';
import { labUp } from '../src/lab/lab-up.ts';
import { canRunLab } from '../src/lab/prerequisites.ts';

const root = path.resolve(import.meta.dirname, '..');
const lab = 'demo';
const began = performance.now();
const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
const say = (text: string): void => console.log(text);
const title = (text: string): void => say(`\n== ${text}`);

function fail(text: string): never {
  console.error(text);
  process.exit(1);
}

function run(program: string, args: readonly string[], input?: string | Buffer): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...(input === undefined ? {} : { input }),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) fail(`${program}: ${error.message}`);
  if (status !== 0) fail(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

const capability = canRunLab();
if (!capability.ok) fail(`this machine cannot run lab hosts: ${capability.reason}`);

title('1. the command line');
if (spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status !== 0) fail('the build failed');
say('kcluster is compiled');

title(`2. artifacts: Kubernetes ${defaultKubernetesVersion} and what belongs to it, built from Go modules into a mirror`);
const { directory: mirror, built } = await buildMirror({ kubernetes: defaultKubernetesVersion, report: say });
say(built.length === 0 ? `all of it was there: ${mirror}` : `built ${built.length} artifacts, ${seconds()} so far`);

title('3. lab hosts: one control plane, two workers');
const { inventory, hosts } = await labUp({ name: lab, controlPlanes: 1, workers: 2, etcd: 0, mirror, install: true, report: say });
say(`inventory: ${inventory}`);

title('4. kcluster init');
const init = spawnSync(process.execPath, [path.join(root, 'bin/kcluster.js'), 'init', '--yes', '-i', inventory], { stdio: 'inherit' });
if (init.status !== 0) fail('kcluster init failed; what it says above is the remedy');

title('5. a Deployment on all nodes, answered through its Service');
const state = path.dirname(inventory);
const kubectlProgram = path.join(mirror, `dl.k8s.io/release/v${defaultKubernetesVersion}/bin/linux/amd64/kubectl`);
run('chmod', ['+x', kubectlProgram]);
const withKubeconfig = ['--kubeconfig', path.join(state, '.kcluster', lab, 'admin.conf')];
const kubectl = (args: readonly string[], input?: string): string => run(kubectlProgram, [...withKubeconfig, ...args], input);

const ssh = (address: string, command: string, input?: Buffer): string =>
  run(
    'ssh',
    [
      '-o',
      'BatchMode=yes',
      '-o',
      'LogLevel=ERROR',
      '-o',
      `UserKnownHostsFile=${state}/known_hosts`,
      '-i',
      `${state}/id_ed25519`,
      `root@${address}`,
      command,
    ],
    input,
  );

const archive = readFileSync(path.join(mirror, 'images/kcluster.dev/echo_1_amd64.tar'));
for (const { address } of hosts) ssh(address, '/opt/kcluster/bin/ctr -n k8s.io images import - >/dev/null', archive);

const labels = { app: 'echo' };
const objects = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'echo' },
    spec: {
      replicas: hosts.length,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              nodeTaintsPolicy: 'Honor',
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [{ name: 'echo', image: 'kcluster.dev/echo:1', imagePullPolicy: 'IfNotPresent', ports: [{ containerPort: 8080 }] }],
        },
      },
    },
  },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'echo' }, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } },
];
kubectl(['apply', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n'));
kubectl(['rollout', 'status', 'deployment/echo', '--timeout=120s']);
say(kubectl(['get', 'nodes,pods', '-o', 'wide']));

const pods = kubectl(['get', 'pods', '-l', 'app=echo', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}'])
  .trim()
  .split('\n')
  .map((line) => line.split(' '));
const url = 'http://echo.default.svc.cluster.local/';

/** Names and endpoints reach CoreDNS and kube-proxy a moment after the pods are Ready. */
async function ask(pod: string): Promise<string> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { status, stdout, stderr } = spawnSync(kubectlProgram, [...withKubeconfig, 'exec', pod, '--', '/echo', 'get', url], {
      encoding: 'utf8',
    });
    if (status === 0) return stdout.trim();
    if (performance.now() > deadline) fail(`the Service does not answer ${pod}: ${stderr}`);
    await delay(250);
  }
}

for (const [pod = '', node = ''] of pods) {
  const answers = new Set<string>();
  for (let index = 0; index < 6; index++) answers.add(await ask(pod));
  say(`from a pod on ${node}: ${url} was answered by ${[...answers].sort().join(', ')}`);
}
for (const [pod = ''] of pods) say(`kubectl logs ${pod}: ${kubectl(['logs', pod, '--tail=1']).trim()}`);

title(`done in ${seconds()}`);
say(`what to try next:
  npx kcluster status -i ${inventory}
  npx kcluster init -i ${inventory} --yes           # nothing to do, in a second
  npx kcluster lab ssh ${hosts[1]?.name} systemctl stop kubelet && npx kcluster plan -i ${inventory}
  npx kcluster kubeconfig -i ${inventory} > admin.conf
how to remove it all:
  npx kcluster lab down --name ${lab}`);
