import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../src/app/session.ts';
import Apply from '../../src/commands/apply.ts';
import Init from '../../src/commands/init.ts';
import Kubeconfig from '../../src/commands/kubeconfig.ts';
import Plan from '../../src/commands/plan.ts';
import Preflight from '../../src/commands/preflight.ts';
import Reset from '../../src/commands/reset.ts';
import Status from '../../src/commands/status.ts';
import { UnreachableError } from '../../src/errors.ts';
import { inspectCertificate } from '../../src/pki/inspect-certificate.ts';
import { readKubeconfig } from '../../src/render/read-kubeconfig.ts';
import { goodFacts } from '../app/support/good-facts.ts';
import { type MemoryState, memoryState } from '../app/support/memory-state.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { ModelCluster } from '../app/support/model-cluster.ts';
import { openModelSession } from '../app/support/model-session.ts';
import { temporaryPlaces } from '../app/support/temporary-place.ts';
import { runCommand } from './support/run-command.ts';

vi.mock('../../src/app/session.ts');

const load = useMirror();
const newPlace = temporaryPlaces();
let model: ModelCluster;
let state: MemoryState;
let closed = 0;
let unreachable: readonly UnreachableError[] = [];

beforeEach(async () => {
  model = new ModelCluster(await load('single.yaml'));
  state = memoryState();
  closed = 0;
  unreachable = [];
  vi.mocked(openSession).mockImplementation(({ emit, signal, verb }: SessionOptions) =>
    openModelSession(model, { state, onEvent: emit, signal, verb, unreachable, close: async () => void closed++ }),
  );
});
afterEach(() => vi.unstubAllEnvs());

const swapOn = (): void => {
  const host = model.hosts.get('node-1');
  if (host !== undefined) host.override = { facts: { ...goodFacts('node-1'), swapBytes: 1024 } };
};

describe('init', { timeout: 30_000 }, () => {
  test('brings the cluster up, and says where its kubeconfig is', async () => {
    const { out, code } = await runCommand(Init, '--yes');
    expect(code).toBe(0);
    expect(out).toContain('cluster single is ready\n');
    expect(out).toContain('export KUBECONFIG=/state/sample/admin.conf');
    expect([...model.nodes.keys()]).toEqual(['node-1']);
    expect(state.files.has('admin.conf')).toBe(true);
    expect(closed).toBe(1);
  });

  test('a second time there is nothing to do', async () => {
    await runCommand(Init, '--yes');
    const { out, code } = await runCommand(Init);
    expect([code, out]).toEqual([0, expect.stringContaining('is as the inventory says: nothing to do')]);
  });

  test('without a terminal and without --yes nothing is done, and the plan is shown', async () => {
    const { out, err, code } = await runCommand(Init);
    expect(code).toBe(9);
    expect(out).toContain('Run kubelet');
    expect(err).toContain('--yes');
    expect([model.done, closed]).toEqual([[], 1]);
  });

  test('--dry-run shows the plan and changes nothing', async () => {
    const { out, code } = await runCommand(Init, '--dry-run');
    expect([code, model.done, state.files.size]).toEqual([0, [], 0]);
    expect(out).toContain('Run kubelet');
    expect(out).not.toContain('is ready');
  });

  test('--json prints events only, one a line', async () => {
    const { out, code } = await runCommand(Init, '--yes', '--json');
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; outcome?: string });
    expect([code, events.at(-1)]).toMatchObject([0, { type: 'run-finished', outcome: 'done' }]);
    expect(out).not.toContain('PRIVATE KEY');
  });

  test('a finding ends with 3, waived it does not', async () => {
    swapOn();
    expect(await runCommand(Init, '--yes')).toMatchObject({ code: 3, err: expect.stringContaining('swap is on [Swap]') });
    expect([model.done, closed]).toEqual([[], 1]);
    expect((await runCommand(Init, '--yes', '--ignore-preflight', 'Swap')).code).toBe(0);
  });

  test('--verbose tells the round trips and the log', async () => {
    const { err } = await runCommand(Init, '--dry-run', '-v');
    expect(err).toContain('node-1: 1 round trips\n');
    expect(err).toContain('every remote command: /dev/null');
  });

  test('a defect closes the session too', async () => {
    model.hosts.get('node-1')?.machine.uploads.clear();
    const host = model.hosts.get('node-1');
    if (host !== undefined) host.run = () => Promise.reject(new TypeError('broken'));
    const { code, err } = await runCommand(Init, '--yes');
    expect([code, err, closed]).toEqual([1, expect.stringContaining('broken'), 1]);
  });
});

test.each([
  ['init', Init, false],
  ['plan', Plan, false],
  ['preflight', Preflight, false],
  ['status', Status, true],
  ['kubeconfig', Kubeconfig, true],
  ['reset', Reset, true],
] as const)('whether %s goes on without hosts that are away', async (verb, command, tolerant) => {
  await runCommand(command);
  expect(vi.mocked(openSession).mock.lastCall?.[0]).toMatchObject({ verb, tolerant, inventoryFile: 'inventory.yaml' });
});

describe('reset', { timeout: 30_000 }, () => {
  test('takes the cluster away again; a second time there is nothing to do', async () => {
    await runCommand(Init, '--yes');
    const { out, code } = await runCommand(Reset, '--yes');
    expect([code, out]).toEqual([0, 'reset: node-1\n']);
    expect([...(model.hosts.get('node-1')?.machine.files.keys() ?? [])].filter((file) => file.includes('kube'))).toEqual([]);
    expect(await runCommand(Reset)).toMatchObject({ code: 0, out: 'nothing to do: nothing of kcluster is on these hosts\n' });
  });

  test('without a terminal and without --yes nothing is done; the question says that the cluster ends', async () => {
    await runCommand(Init, '--yes');
    const done = model.done.length;
    const { out, err, code } = await runCommand(Reset);
    expect(code).toBe(9);
    expect(out).toContain('remove /var/lib/etcd with everything in it');
    expect(err).toContain('This ends cluster single: all pods end, and everything that its etcd holds is deleted.');
    expect(model.done.length).toBe(done);
  });

  test('--dry-run shows every path and changes nothing', async () => {
    await runCommand(Init, '--yes');
    const done = model.done.length;
    const { out, code } = await runCommand(Reset, '--dry-run', '--keep-etcd-data');
    expect(code).toBe(0);
    expect(out).toContain('- remove /etc/kubernetes/admin.conf\n');
    expect(out).toContain('keep /var/lib/etcd as /var/lib/etcd.kept-');
    expect(model.done.length).toBe(done);
  });

  test('a node that the inventory does not have is a mistake of typing', async () => {
    expect(await runCommand(Reset, 'node-2', '--yes')).toMatchObject({ code: 2, err: expect.stringContaining('name one of: node-1') });
  });

  test('--json prints events only', async () => {
    await runCommand(Init, '--yes');
    const { out } = await runCommand(Reset, '--yes', '--json');
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; outcome?: string });
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'done' });
  });
});

describe('plan and apply', { timeout: 30_000 }, () => {
  test('a plan that was saved is carried out', async () => {
    const file = path.join(newPlace(), 'plan.json');
    expect((await runCommand(Plan, '-o', file)).code).toBe(0);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE KEY');
    expect((await runCommand(Apply, file, '--yes')).code).toBe(0);
    expect(model.nodes.size).toBe(1);
    const again = await runCommand(Apply, file, '--yes');
    expect([again.code, again.err]).toEqual([8, expect.stringContaining('make a new plan')]);
  });

  test('a plan that was edited is refused', async () => {
    const file = path.join(newPlace(), 'plan.json');
    await runCommand(Plan, '-o', file);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"mode": 384', '"mode": 511'));
    expect((await runCommand(Apply, file, '--yes')).code).toBe(8);
    expect(model.done).toEqual([]);
  });

  test('findings that the reviewer saw as warnings do not stop it', async () => {
    swapOn();
    const file = path.join(newPlace(), 'plan.json');
    expect((await runCommand(Plan, '-o', file, '--ignore-preflight', 'Swap')).code).toBe(0);
    expect((await runCommand(Apply, file, '--yes')).code).toBe(0);
  });

  test('--json prints the plan that -o saves', async () => {
    const file = path.join(newPlace(), 'plan.json');
    const { out } = await runCommand(Plan, '--json', '-o', file);
    expect(out).toBe(readFileSync(file, 'utf8'));
    expect(JSON.parse(out)).toMatchObject({ kind: 'Plan', cluster: 'single' });
  });

  test('--detailed-exitcode tells whether something is to do', async () => {
    expect((await runCommand(Plan, '--detailed-exitcode')).code).toBe(10);
    expect((await runCommand(Plan)).code).toBe(0);
    await runCommand(Init, '--yes');
    expect((await runCommand(Plan, '--detailed-exitcode')).code).toBe(0);
  });

  test('a file that cannot be written is told by its name', async () => {
    const file = path.join(newPlace(), 'no', 'plan.json');
    expect(await runCommand(Plan, '-o', file)).toMatchObject({ code: 2, err: expect.stringContaining(`${file} cannot be written`) });
  });
});

describe('status', { timeout: 30_000 }, () => {
  test('ends with 5 on bare hosts, with 0 when everything is well', async () => {
    expect(await runCommand(Status)).toMatchObject({ code: 5, out: expect.stringContaining('not found') });
    await runCommand(Init, '--yes');
    const { out, code } = await runCommand(Status);
    expect([code, out]).toEqual([0, expect.stringMatching(/^node-1 +kubelet +active +ok +1\.37\.1 +0 +364$/m)]);
  });

  test('JSON and YAML say the same', async () => {
    const { nodes } = JSON.parse((await runCommand(Status, '-o', 'json')).out) as { nodes: object[] };
    expect(nodes).toMatchObject([{ node: 'node-1', state: 'unknown' }]);
    expect((await runCommand(Status, '-o', 'yaml')).out).toContain('nodes:\n  - node: node-1\n');
  });

  test('hosts that are away are told apart, and shown', async () => {
    unreachable = [new UnreachableError('no route to host', { node: 'node-1', remedy: 'switch it on' })];
    vi.mocked(openSession).mockImplementation(({ emit }) => openModelSession(model, { onEvent: emit, unreachable, hosts: new Map() }));
    const { out, err, code } = await runCommand(Status);
    expect([code, out]).toEqual([5, expect.stringMatching(/^node-1 .* unreachable$/m)]);
    expect(err).toContain('node-1: no route to host');
    expect(vi.mocked(openSession).mock.lastCall?.[0].tolerant).toBe(true);
  });
});

describe('preflight', () => {
  test('says so when all is well, and changes nothing', async () => {
    expect(await runCommand(Preflight)).toMatchObject({ code: 0, out: 'every check passed on every host\n' });
    expect(model.hosts.get('node-1')?.ran).toEqual([
      expect.stringContaining('observe'),
      'measure the disk of etcd',
      'read the clock',
      'try 0 paths',
    ]);
    expect(model.hosts.get('node-1')?.followed).toEqual([]);
  });

  test('errors end with 3, warnings with 0', async () => {
    swapOn();
    expect(await runCommand(Preflight)).toMatchObject({ code: 3, out: expect.stringMatching(/^error +node-1 +Swap /m) });
    expect(await runCommand(Preflight, '--ignore-preflight', 'Swap')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^warning +node-1 +Swap /m),
    });
  });

  test('JSON for other programs', async () => {
    swapOn();
    const { out, code } = await runCommand(Preflight, '-o', 'json');
    expect([code, JSON.parse(out)]).toMatchObject([3, { findings: [{ id: 'Swap', node: 'node-1', severity: 'error' }], paths: [] }]);
  });
});

describe('kubeconfig', { timeout: 30_000 }, () => {
  const subjectOf = (text: string) => {
    const { subjectCN, organizations, notBefore, notAfter } = inspectCertificate(readKubeconfig(text).certificate ?? '');
    return [subjectCN, organizations, Math.round((notAfter.getTime() - notBefore.getTime()) / 86_400_000)];
  };
  const up = () => runCommand(Init, '--yes');

  test('is printed alone, so that it can be redirected', async () => {
    await up();
    const { out, code } = await runCommand(Kubeconfig);
    expect([code, subjectOf(out)]).toEqual([0, ['kubernetes-admin', ['kcluster:cluster-admins'], 365]]);
    expect(readKubeconfig(out).server).toBe('https://192.0.2.10:6443');
  });

  test('is for whom it was asked', async () => {
    await up();
    const { out } = await runCommand(Kubeconfig, '--user', 'jane', '--group', 'a', '--group', 'b', '--ttl', '7');
    expect(subjectOf(out)).toEqual(['jane', ['a', 'b'], 7]);
    expect(subjectOf((await runCommand(Kubeconfig, '--user', 'joe')).out)).toEqual(['joe', [], 365]);
  });

  test('--output writes a new file 0600, and never over one', async () => {
    await up();
    const file = path.join(newPlace(), 'jane.conf');
    expect(await runCommand(Kubeconfig, '--output', file)).toMatchObject({ code: 0, out: `wrote ${file}\n` });
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    const before = readFileSync(file, 'utf8');
    expect(await runCommand(Kubeconfig, '--output', file)).toMatchObject({ code: 2, err: expect.stringContaining('exists already') });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('an authority that only hosts hold is taken from them', async () => {
    await up();
    const authority = state.files.get('pki/ca.crt');
    state = memoryState();
    expect(readKubeconfig((await runCommand(Kubeconfig)).out).authority).toBe(authority);
  });

  test('half of one beside the inventory is completed from the hosts', async () => {
    await up();
    const authority = state.files.get('pki/ca.crt');
    state.files.delete('pki/ca.crt');
    expect(readKubeconfig((await runCommand(Kubeconfig)).out).authority).toBe(authority);
  });

  test('before the first init there is none', async () => {
    expect(await runCommand(Kubeconfig)).toMatchObject({ code: 8, err: expect.stringContaining('run kcluster init first') });
  });

  test('hosts that are away matter only when none of the others has the authority', async () => {
    unreachable = [new UnreachableError('no route to host', { node: 'cp-2' })];
    expect(await runCommand(Kubeconfig)).toMatchObject({ code: 4, err: expect.stringContaining('cp-2: no route to host') });
    await up();
    expect((await runCommand(Kubeconfig)).code).toBe(0);
  });

  describe('--merge', () => {
    const mine = 'apiVersion: v1\nkind: Config\nclusters:\n  - name: mine\n    cluster:\n      server: https://mine\n';

    test('keeps what is there', async () => {
      await up();
      const file = path.join(newPlace(), 'config');
      writeFileSync(file, mine);
      vi.stubEnv('KUBECONFIG', file);
      expect(await runCommand(Kubeconfig, '--merge')).toMatchObject({ code: 0, out: `merged into ${file}\n` });
      const text = readFileSync(file, 'utf8');
      expect(text).toContain('https://mine');
      expect(readKubeconfig(text).server).toBe('https://192.0.2.10:6443');
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    });

    test('makes a file that is not there, the first of the list', async () => {
      await up();
      const place = newPlace();
      vi.stubEnv('KUBECONFIG', `:${place}/new/config:${place}/other`);
      expect((await runCommand(Kubeconfig, '--merge')).code).toBe(0);
      expect([existsSync(`${place}/new/config`), existsSync(`${place}/other`)]).toEqual([true, false]);
    });

    test('an empty KUBECONFIG is none', async () => {
      await up();
      const home = newPlace();
      vi.stubEnv('KUBECONFIG', '');
      vi.stubEnv('HOME', home);
      expect(await runCommand(Kubeconfig, '--merge')).toMatchObject({ code: 0, out: `merged into ${home}/.kube/config\n` });
    });

    test('a file that is no kubeconfig is left as it is', async () => {
      await up();
      const file = path.join(newPlace(), 'config');
      writeFileSync(file, 'just text\n');
      vi.stubEnv('KUBECONFIG', file);
      expect(await runCommand(Kubeconfig, '--merge')).toMatchObject({
        code: 2,
        err: expect.stringContaining('cannot be understood; it was left as it is'),
      });
      expect(readFileSync(file, 'utf8')).toBe('just text\n');
    });

    test('a place that cannot be written is named', async () => {
      await up();
      const file = path.join(newPlace(), 'config');
      mkdirSync(file);
      vi.stubEnv('KUBECONFIG', file);
      expect(await runCommand(Kubeconfig, '--merge')).toMatchObject({ code: 2, err: expect.stringContaining(`${file} cannot be changed`) });
    });
  });
});
