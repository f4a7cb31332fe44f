import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import Apply from '../../src/commands/apply.ts';
import Init from '../../src/commands/init.ts';
import Kubeconfig from '../../src/commands/kubeconfig.ts';
import Plan from '../../src/commands/plan.ts';
import Preflight from '../../src/commands/preflight.ts';
import Render from '../../src/commands/render.ts';
import Status from '../../src/commands/status.ts';
import { temporaryPlaces } from '../app/support/temporary-place.ts';
import { inventoryText } from '../inventory/sample.ts';
import { runCommand } from './support/run-command.ts';

const newPlace = temporaryPlaces();
const plan = JSON.stringify({
  apiVersion: 'kcluster/v1alpha1',
  kind: 'Plan',
  workflow: 'init',
  cluster: 'sample',
  findings: [],
  maxUnavailable: '10%',
  steps: [],
});

function write(name: string, text: string): string {
  const file = path.join(newPlace(), name);
  writeFileSync(file, text);
  return file;
}

describe('an inventory that is not there, or is wrong', () => {
  const commands = [
    ['init', Init, []],
    ['plan', Plan, []],
    ['status', Status, []],
    ['preflight', Preflight, []],
    ['kubeconfig', Kubeconfig, []],
    ['render', Render, ['--output', '/nonexistent/out']],
  ] as const;

  test.each(commands)('%s names the file and ends with 2', async (_, command, argv) => {
    const file = path.join(newPlace(), 'none.yaml');
    const { out, err, code } = await runCommand(command, '-i', file, ...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(new RegExp(`^Error: ${file}: there is no such file\n`));
    expect(err).toContain('  What to do: Name the inventory with -i FILE, or write one with `kcluster inventory new`.\n');
  });

  test.each(commands)('%s lists what is wrong, and leaves no state behind', async (_, command, argv) => {
    const file = write('inventory.yaml', inventoryText({ nodes: [{ state: 'gone' }] }));
    const { err, code } = await runCommand(command, '-i', file, ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining('nodes[0].state')]);
    expect(readdirSync(path.dirname(file))).toEqual(['inventory.yaml']);
  });

  test('apply reads its plan first, and then says the same', async () => {
    const file = path.join(newPlace(), 'none.yaml');
    const { err, code } = await runCommand(Apply, '-i', file, write('plan.json', plan));
    expect([code, err]).toEqual([2, expect.stringContaining(`${file}: there is no such file`)]);
  });
});

describe('wrong usage ends with 2', () => {
  test.each([
    ['init', Init, ['--dry-rum'], 'Nonexistent flag: --dry-rum'],
    ['init', Init, ['everything'], 'Unexpected argument: everything'],
    ['init', Init, ['--ignore-preflight'], '--ignore-preflight expects a value'],
    ['plan', Plan, ['-o'], '--output expects a value'],
    ['apply', Apply, [], 'Missing 1 required arg'],
    ['apply', Apply, ['a.json', '--max-unavailable', '2'], 'Nonexistent flag: --max-unavailable'],
    ['status', Status, ['-o', 'xml'], 'Expected --output=xml to be one of: table, json, yaml'],
    ['preflight', Preflight, ['-o', 'yaml'], 'Expected --output=yaml to be one of: table, json'],
    ['render', Render, [], 'Missing required flag output'],
    ['kubeconfig', Kubeconfig, ['--merge', '--output', 'x'], '--merge'],
    ['kubeconfig', Kubeconfig, ['--ttl', '0'], 'Expected an integer greater than or equal to 1'],
    ['kubeconfig', Kubeconfig, ['--ttl', '3651'], 'Expected an integer less than or equal to 3650'],
    ['kubeconfig', Kubeconfig, ['--ttl', 'soon'], 'Expected an integer but received: soon'],
  ] as const)('%s %#', async (_, command, argv, message) => {
    const { out, err, code } = await runCommand(command, ...argv);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  });
});

describe('apply', () => {
  test.each([
    ['another file', 'apiVersion: v1\n', 'is not a saved plan'],
    ['a plan that was cut off', plan.slice(0, 40), 'is not a saved plan'],
  ])('%s is refused before anybody is contacted', async (_, text, message) => {
    const file = write('plan.json', text);
    const { err, code } = await runCommand(Apply, file);
    expect([code, err]).toEqual([2, expect.stringContaining(`${file} ${message}`)]);
    expect(err).toContain('What to do: give a file that kcluster plan -o wrote');
  });

  test('a plan that is not there', async () => {
    const file = path.join(newPlace(), 'plan.json');
    expect(await runCommand(Apply, file)).toMatchObject({ code: 2, err: expect.stringContaining(`${file} cannot be read`) });
  });
});

describe('render', () => {
  const inventory = (): string =>
    write('inventory.yaml', inventoryText({ nodes: [{ name: 'cp-1' }, { name: 'cp-10', roles: ['worker'] }] }));

  test('writes every file of every node', async () => {
    const out = path.join(newPlace(), 'not', 'yet', 'there');
    const { out: said, code } = await runCommand(Render, '-i', inventory(), '--output', out);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(path.join(out, file)).isFile());
    expect([code, said]).toEqual([0, `wrote ${files.length} files to ${out}\n`]);
    expect(readdirSync(out).sort()).toEqual(['cp-1', 'cp-10', 'kube-objects.yaml']);
    expect(readFileSync(path.join(out, 'cp-1/etc/systemd/system/kubelet.service'), 'utf8')).toContain('ExecStart=');
  });

  test('holds no secret', async () => {
    const out = newPlace();
    await runCommand(Render, '-i', inventory(), '--output', out);
    expect(readFileSync(path.join(out, 'cp-1/etc/kubernetes/pki/ca.key'), 'utf8')).toBe('<secret ca.key>\n');
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(path.join(out, file)).isFile());
    for (const file of files) expect(readFileSync(path.join(out, file), 'utf8')).not.toContain('PRIVATE KEY');
  });

  test('writes one node only, and not the one whose name begins alike', async () => {
    const out = newPlace();
    expect((await runCommand(Render, 'cp-1', '-i', inventory(), '--output', out)).code).toBe(0);
    expect(readdirSync(out)).toEqual(['cp-1']);
  });

  test('a node that the inventory does not have: the others are named, nothing is written', async () => {
    const file = inventory();
    const out = newPlace();
    expect(await runCommand(Render, 'cp-2', '-i', file, '--output', out)).toEqual({
      out: '',
      err: `Error: no node cp-2 in ${file}\n  What to do: Its nodes are cp-1, cp-10.\n`,
      code: 2,
    });
    expect(readdirSync(out)).toEqual([]);
  });

  test('a directory with something in it is left as it is', async () => {
    const out = newPlace();
    writeFileSync(path.join(out, 'mine'), '');
    expect(await runCommand(Render, '-i', inventory(), '--output', out)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${out} is not empty`),
    });
    expect(readdirSync(out)).toEqual(['mine']);
  });

  test.each(['', '/below'])('a place that is no directory%s', async (below) => {
    const out = `${write('file', '')}${below}`;
    const { err, code } = await runCommand(Render, '-i', inventory(), '--output', out);
    expect([code, err]).toEqual([2, expect.stringContaining(`${out} cannot be written`)]);
  });
});

test('a state directory that cannot be made is told with what to do', async () => {
  const place = newPlace();
  const file = path.join(place, 'inventory.yaml');
  writeFileSync(file, inventoryText());
  writeFileSync(path.join(place, '.kcluster'), '');
  const { err, code } = await runCommand(Status, '-i', file);
  expect([code, err]).toEqual([2, expect.stringContaining('What to do: let your user write the folder .kcluster')]);
});

test('plans are looked for as files, not as directories', async () => {
  const place = newPlace();
  mkdirSync(path.join(place, 'plan.json'));
  expect((await runCommand(Apply, path.join(place, 'plan.json'))).code).toBe(2);
});
