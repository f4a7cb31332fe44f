import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPaths } from '../../src/engine/host-paths.ts';
import type { Probe } from '../../src/engine/probe.ts';
import { writeProbeScript } from '../../src/engine/probe-script.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import { shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';

const caFile = '/etc/kubernetes/pki/ca.crt';
/** As a host of a cluster with one of each obstacle answered. */
const recorded = readFileSync(new URL('kube-upgrade.txt', import.meta.url), 'utf8');

describe('a recorded answer', () => {
  const { kubeUpgrade, deprecatedApis } = readObservations([], recorded);

  test('budgets, with how many pods they are over', () => {
    expect(
      kubeUpgrade?.budgets?.map(({ namespace, name, disruptionsAllowed, pods }) => [namespace, name, disruptionsAllowed, pods]),
    ).toEqual([
      ['kube-system', 'coredns', 1, 2],
      ['shop', 'nobody', 0, 0],
      ['shop', 'tight', 0, 1],
    ]);
  });

  test('pods that nobody makes again, and those of namespaces with a tight budget', () => {
    expect(kubeUpgrade?.pods?.map(({ name, node, controller, hasEmptyDir }) => [name, node, controller?.kind, hasEmptyDir])).toEqual([
      ['bare', 'w-1', undefined, false],
      ['db-0', 'w-1', 'StatefulSet', false],
      ['single-5c65647b95-xmzh4', 'w-1', 'ReplicaSet', true],
    ]);
    expect(kubeUpgrade?.pods?.[2]?.labels).toEqual({ app: 'single', 'pod-template-hash': '5c65647b95' });
    expect(kubeUpgrade?.local).toEqual(new Map([['shop', 1]]));
  });

  test('workloads, webhooks and definitions', () => {
    expect(kubeUpgrade?.workloads).toContainEqual({ kind: 'Deployment', namespace: 'kube-system', name: 'coredns', wanted: 2, ready: 2 });
    expect(kubeUpgrade?.webhooks?.map(({ name, failurePolicy, service }) => [name, failurePolicy, service?.name])).toEqual([
      ['pods.guard.example.com', 'Fail', 'guard'],
      ['everything.guard.example.com', 'Ignore', 'guard'],
      ['nodes.outside.example.com', 'Fail', undefined],
    ]);
    expect(kubeUpgrade?.webhooks?.[0]).toMatchObject({
      kind: 'ValidatingWebhookConfiguration',
      configuration: 'guards',
      rules: [{ apiGroups: [''], resources: ['pods'] }],
      namespaceSelector: { matchLabels: { guarded: 'yes' } },
    });
    expect(kubeUpgrade?.endpoints).toEqual(new Map([['shop/guard', 0]]));
    expect(kubeUpgrade?.definitions).toEqual([{ name: 'widgets.example.com', stored: ['v1beta1', 'v1'], served: ['v1'], deprecated: [] }]);
  });

  test('APIs that go away, and who asked for them', () => {
    const api = { group: 'networking.k8s.io', version: 'v1beta1', resource: 'ipaddresses', removedRelease: '1.37' };
    const byRobot = { ...api, user: 'system:serviceaccount:shop:robot', agent: 'kubectl/v1.36.5', requests: 1 };
    expect(deprecatedApis?.apis).toContainEqual(api);
    expect(deprecatedApis?.apis).toContainEqual({ group: '', version: 'v1', resource: 'endpoints', removedRelease: '' });
    expect(deprecatedApis?.callers).toContainEqual(byRobot);
    expect(deprecatedApis?.callers).toHaveLength(3);
  });

  test('a part that was cut off is not known', () => {
    const cut = recorded.replace('u-whole\tpods\n', '').replace('u-whole\twebhooks\n', '');
    expect(Object.keys(readObservations([], cut).kubeUpgrade ?? {}).sort()).toEqual(['budgets', 'definitions', 'workloads']);
  });

  test('what is not JSON is not believed, and harmless', () => {
    const torn =
      'u-asked\nu-hooks\tK\tc\nu-hook\tn\tFail\t\t\t\t[{"api\t{\t\nu-whole\twebhooks\nu-definition\tx\t["v1\tv1 true\nu-whole\tdefinitions\n';
    const seen = readObservations([], torn).kubeUpgrade;
    expect(seen?.webhooks).toEqual([{ kind: 'K', configuration: 'c', name: 'n', failurePolicy: 'Fail', timeoutSeconds: 10, rules: [] }]);
    expect(seen?.definitions).toEqual([{ name: 'x', stored: [], served: ['v1'], deprecated: [] }]);
  });
});

const page = (items: readonly object[], more?: string): string =>
  JSON.stringify(
    { kind: 'PodList', metadata: { resourceVersion: '1', ...(more === undefined ? {} : { continue: more }) }, items },
    null,
    2,
  );
const pod = (
  name: string,
  more: { readonly kind?: string; readonly namespace?: string; readonly mirror?: true; readonly local?: true } = {},
) => ({
  metadata: {
    name,
    namespace: more.namespace ?? 'd',
    labels: { app: name },
    ...(more.mirror === true ? { annotations: { 'kubernetes.io/config.mirror': 'x' } } : {}),
    ...(more.kind === undefined
      ? {}
      : {
          ownerReferences: [
            { kind: 'Other', name: 'o' },
            { apiVersion: 'v1', kind: more.kind, name: `of-${name}`, controller: true },
          ],
        }),
    managedFields: [{ manager: 'm', fieldsV1: { 'f:metadata': { 'f:ownerReferences': {} } } }],
  },
  spec: {
    volumes: [{ name: 'v', ...(more.local === true ? { emptyDir: {} } : { secret: { secretName: 's' } }) }],
    containers: [{ name: 'c', image: 'i', env: [{ name: 'nodeName', value: 'no' }] }],
    nodeName: 'w1',
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

describe.each(shells)('the questions, by $name', (shell) => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.write('etc/kubernetes/admin.conf', '');
  });
  afterEach(() => sandbox[Symbol.dispose]());

  const program = (file: string, body: string): void => {
    sandbox.write(file, `#!/bin/sh\n${body}\n`, 0o755);
  };
  const kubectl = (body: string): void => program(`${hostPaths.binaries.slice(1)}/kubectl`, `case "$*" in\n${body}\nesac`);
  const heredoc = (text: string): string => `cat <<'END'\n${text}\nEND\n`;
  const look = async (probe: Probe) => readObservations([probe], (await sandbox.run(writeProbeScript([probe]), { shell })).stdout);
  const ask = (others: readonly string[] = []): Probe => ({ kind: 'kube-upgrade', others, caFile });

  test('pods come in pages, and only those that matter are told', async () => {
    kubectl(`*continue=more*) ${heredoc(page([pod('bare2'), pod('kept', { kind: 'ReplicaSet', namespace: 'tight' })]))};;
*api/v1/pods*) ${heredoc(page([pod('made', { kind: 'ReplicaSet', local: true }), pod('bare', { local: true }), pod('static', { mirror: true })], 'more'))};;
*poddisruptionbudgets*) printf 'u-budget\\ttight\\tb\\t0\\t{}\\t1\\nu-budget\\td\\tb\\t1\\t{}\\t1\\n';;`);
    const { kubeUpgrade } = await look(ask());
    expect(kubeUpgrade?.pods?.map(({ name, controller }) => [name, controller?.name])).toEqual([
      ['bare', undefined],
      ['bare2', undefined],
      ['kept', 'of-kept'],
    ]);
    expect(kubeUpgrade?.pods?.[0]).toMatchObject({
      namespace: 'd',
      node: 'w1',
      phase: 'Running',
      labels: { app: 'bare' },
      hasEmptyDir: true,
    });
    expect(kubeUpgrade?.local).toEqual(new Map([['d', 2]]));
  });

  test('a page that fails makes the pods unknown, not fewer', async () => {
    kubectl(`*continue=more*) exit 1;;\n*api/v1/pods*) ${heredoc(page([pod('bare')], 'more'))};;`);
    expect((await look(ask())).kubeUpgrade).toMatchObject({ budgets: [] });
    expect((await look(ask())).kubeUpgrade).not.toHaveProperty('pods');
  });

  test('workloads of one replica and of kube-system, DaemonSets by their own counts', async () => {
    kubectl(
      `*deployments*) printf 'u-workload\\t%s\\n' 'Deployment\td\tone\t1\t1\t\t' 'Deployment\td\ttwo\t2\t1\t\t' 'DaemonSet\tkube-system\tagent\t\t\t3\t2' 'DaemonSet\td\tagent\t\t\t1\t1' 'Deployment\tkube-system\tdns\t2\t\t\t';;`,
    );
    expect((await look(ask())).kubeUpgrade?.workloads).toEqual([
      { kind: 'Deployment', namespace: 'd', name: 'one', wanted: 1, ready: 1 },
      { kind: 'DaemonSet', namespace: 'kube-system', name: 'agent', wanted: 3, ready: 2 },
      { kind: 'Deployment', namespace: 'kube-system', name: 'dns', wanted: 2, ready: 0 },
    ]);
  });

  test('endpoints of each service that answers webhooks are counted once', async () => {
    kubectl(`*webhookconfigurations*) printf 'u-hooks\\tV\\tc\\nu-hook\\ta\\tFail\\t5\\tn\\ts\\t[]\\t{}\\t{}\\nu-hook\\tb\\tFail\\t5\\tn\\ts\\t[]\\t{}\\t{}\\nu-hook\\tc\\tFail\\t5\\t\\t\\t[]\\t{}\\t{}\\n';;
*endpointslices*service-name=s*) echo "$*" >>'${sandbox.path('asked')}'; printf 'true\\nfalse\\ntrue\\n';;`);
    expect((await look(ask())).kubeUpgrade?.endpoints).toEqual(new Map([['n/s', 2]]));
  });

  test('are left to an earlier host that answers, and taken over from one that does not', async () => {
    program('bin/curl', `case "$*" in *up*) printf 200;; *) printf 000;; esac`);
    kubectl('*) :;;');
    const run = async (others: readonly string[]) => {
      const script = `PATH=${sandbox.path('bin')}:$PATH\n${writeProbeScript([ask(others)])}`;
      return readObservations([ask(others)], (await sandbox.run(script, { shell })).stdout).kubeUpgrade;
    };
    expect(await run(['https://down/readyz', 'https://up/readyz'])).toBeUndefined();
    expect(await run(['https://down/readyz'])).toBeDefined();
  });

  test('nothing is known while no API server answers', async () => {
    kubectl('*) exit 1;;');
    expect((await look(ask())).kubeUpgrade).toEqual({});
    expect((await look({ kind: 'deprecated-apis', auditLog: '/none' })).deprecatedApis).toBeUndefined();
  });

  test('deprecated APIs, with who asked for them by the audit log', async () => {
    const event = (user: string, removed: string): string =>
      JSON.stringify({
        verb: 'list',
        user: { username: user, groups: ['g'] },
        sourceIPs: ['192.0.2.1'],
        userAgent: 'tool/v1 (linux)',
        objectRef: { resource: 'widgets', name: 'n', apiGroup: 'g.io', apiVersion: 'v1beta1' },
        annotations: { 'k8s.io/deprecated': 'true', 'k8s.io/removed-release': removed },
      });
    const quiet = JSON.stringify({ user: { username: 'x' }, userAgent: 'y', objectRef: { resource: 'pods', apiVersion: 'v1' } });
    sandbox.write('audit.log', `${[event('anna', '1.37'), quiet, event('anna', '1.37'), event('bo', '1.37')].join('\n')}\n`);
    kubectl(
      `*/metrics*) ${heredoc('other{group="x"} 1\napiserver_requested_deprecated_apis{group="g.io",removed_release="1.37",resource="widgets",subresource="status",version="v1beta1"} 1')};;`,
    );
    const api = { group: 'g.io', version: 'v1beta1', removedRelease: '1.37' };
    const { deprecatedApis } = await look({ kind: 'deprecated-apis', auditLog: sandbox.path('audit.log') });
    expect(deprecatedApis?.apis).toEqual([{ ...api, resource: 'widgets/status' }]);
    expect(deprecatedApis?.callers).toEqual([
      { ...api, resource: 'widgets', user: 'anna', agent: 'tool/v1', requests: 2 },
      { ...api, resource: 'widgets', user: 'bo', agent: 'tool/v1', requests: 1 },
    ]);
  });
});
