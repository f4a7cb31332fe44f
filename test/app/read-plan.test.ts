import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPlan, readUpgradePlan } from '../../src/app/read-plan.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const plan = {
  steps: [{ id: 'a/b@n', node: 'n' }],
  findings: [],
  maxUnavailable: '10%',
  cluster: 'sample',
  workflow: 'init',
  kind: 'Plan',
  apiVersion: 'kcluster/v1alpha1',
  later: { kept: true },
};

function write(content: string | object): string {
  const file = path.join(newPlace(), 'plan.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

test('a plan comes back as it was written, in the order of its keys', async () => {
  expect(JSON.stringify(await readPlan(write(plan)))).toBe(JSON.stringify(plan));
});

describe('what is no plan', () => {
  const { steps: _, ...withoutSteps } = plan;
  test.each<[string, string | object]>([
    ['nothing', ''],
    ['no JSON', '{"kind": "Plan"'],
    ['YAML', 'kind: Plan\n'],
    ['null', 'null'],
    ['a list', [plan]],
    ['another kind', { ...plan, kind: 'Inventory' }],
    ['another version', { ...plan, apiVersion: 'kcluster/v9' }],
    ['a plan of a verb that has none', { ...plan, workflow: 'reset' }],
    ['names that are none', { ...plan, workflow: 'join', joining: [1] }],
    ['no steps', withoutSteps],
    ['steps that are none', { ...plan, steps: [{}] }],
    ['findings that are none', { ...plan, findings: {} }],
  ])('%s', async (_name, content) => {
    const file = write(content);
    const refused = readPlan(file);
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toMatchObject({
      message: `${file} is not a saved plan`,
      details: { remedy: expect.stringContaining('plan -o') },
    });
  });

  test('a file that is not there, or a directory', async () => {
    const folder = newPlace();
    mkdirSync(path.join(folder, 'sub'));
    for (const file of [path.join(folder, 'none.json'), path.join(folder, 'sub')]) {
      await expect(readPlan(file)).rejects.toMatchObject({ exitCode: 2, message: `${file} cannot be read` });
    }
  });
});

describe('a plan of an upgrade', () => {
  const step = { id: 'etcd/run-a@a', phase: 'etcd/run-a', node: 'a', title: 'Run etcd', after: [], actions: [{ kind: 'keep' }], gate: [] };
  const hop = { ...plan, workflow: 'upgrade', kclusterVersion: '0', inventorySha256: 'f', nodes: ['a'], steps: [step] };
  const upgrade = {
    later: { kept: true },
    kind: 'UpgradePlan',
    apiVersion: 'kcluster/v1alpha1',
    cluster: 'sample',
    newK8sVersion: '1.37.1',
    clusterVersion: '1.36.5',
    hops: ['1.37.1'],
    availableUpgrades: [{ description: 'furthest', newK8sVersion: '1.37.1', hops: ['1.37.1'] }],
    components: [{ component: 'etcd', nodes: ['a'], currentVersion: '3.6.16', newVersion: '3.7.3', reason: 'r' }],
    stages: [{ what: 'w', away: 'nothing', seconds: 1 }],
    choices: { drainAlways: false, drain: { force: false, timeoutSeconds: 300 } },
    artifacts: [{ component: 'etcd', version: '3.7.3', arch: 'arm64' }],
    plan: hop,
  };

  test('comes back as it was written, in the order of its keys', async () => {
    expect(JSON.stringify(await readUpgradePlan(write(upgrade)))).toBe(JSON.stringify(upgrade));
  });

  const { plan: _plan, ...withoutPlan } = upgrade;
  const { choices: _choices, ...withoutChoices } = upgrade;
  test.each<[string, string | object]>([
    ['nothing', ''],
    ['cut off', JSON.stringify(upgrade).slice(0, -10)],
    ['another kind', { ...upgrade, kind: 'Plan' }],
    ['the plan of another verb alone', plan],
    ['the plan of a hop alone', hop],
    ['another version', { ...upgrade, apiVersion: 'kcluster/v2' }],
    ['no plan in it', withoutPlan],
    ['a plan of another workflow in it', { ...upgrade, plan: { ...hop, workflow: 'init' } }],
    ['steps that are none', { ...upgrade, plan: { ...hop, steps: [{ id: 'etcd/run-a@a' }] } }],
    ['a step of no node', { ...upgrade, plan: { ...hop, steps: [{ ...step, id: 'etcd' }] } }],
    ['findings that are none', { ...upgrade, plan: { ...hop, findings: [{ id: 1 }] } }],
    ['no choices', withoutChoices],
    ['a drain without an end', { ...upgrade, choices: { drainAlways: false, drain: { force: false, timeoutSeconds: '5m' } } }],
    ['a target that is no release', { ...upgrade, newK8sVersion: '1.37' }],
    ['an architecture that is none', { ...upgrade, artifacts: [{ component: 'etcd', version: '3.7.3', arch: 'x86' }] }],
  ])('is not %s', async (_name, content) => {
    const file = write(content);
    await expect(readUpgradePlan(file)).rejects.toMatchObject({
      exitCode: 2,
      message: `${file} is not a saved plan`,
      details: { remedy: expect.stringContaining('upgrade plan -o') },
    });
  });

  test('is no plan that kcluster apply carries out', async () => {
    await expect(readPlan(write(upgrade))).rejects.toThrow(ConfigurationError);
    await expect(readPlan(write(hop))).rejects.toThrow(ConfigurationError);
  });
});
