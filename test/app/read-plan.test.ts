import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPlan } from '../../src/app/read-plan.ts';
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
