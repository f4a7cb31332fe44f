import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type SessionOptions } from '../../src/app/session.ts';
import ArtifactsBundle from '../../src/commands/artifacts/bundle.ts';
import ArtifactsFetch from '../../src/commands/artifacts/fetch.ts';
import ArtifactsImport from '../../src/commands/artifacts/import.ts';
import ArtifactsStage from '../../src/commands/artifacts/stage.ts';
import Init from '../../src/commands/init.ts';
import Plan from '../../src/commands/plan.ts';
import { type MemoryState, memoryState } from '../app/support/memory-state.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { ModelCluster } from '../app/support/model-cluster.ts';
import { openModelSession } from '../app/support/model-session.ts';
import { temporaryPlaces } from '../app/support/temporary-place.ts';
import { sha256 } from '../artifacts/sample.ts';
import { runCommand } from './support/run-command.ts';

vi.mock('../../src/app/session.ts');
vi.setConfig({ testTimeout: 60_000 });

const load = useMirror();
const newPlace = temporaryPlaces();
const example = readFileSync(path.resolve(import.meta.dirname, '../../inventories/single.yaml'), 'utf8');
let place: string;
let inventory: string;
let mirror: string;
let model: ModelCluster;
let state: MemoryState;

const inventoryWith = (artifacts: string): string => {
  writeFileSync(inventory, example.replace('\nnodes:', `  artifacts: ${artifacts}\n\nnodes:`));
  return inventory;
};

beforeEach(async () => {
  const cluster = await load('single.yaml');
  place = newPlace();
  mirror = cluster.artifacts.mirror ?? '';
  inventory = path.join(place, 'inventory.yaml');
  inventoryWith(`{ mirror: ${mirror}, trust: mirror }`);
  model = new ModelCluster(cluster);
  state = memoryState();
  vi.mocked(openSession).mockImplementation(({ emit, signal, verb }: SessionOptions) =>
    openModelSession(model, { state, onEvent: emit, signal, verb }),
  );
});

const file = () => path.join(place, 'bundle.tar');
const bundle = (...more: string[]) => runCommand(ArtifactsBundle, '-i', inventory, ...(more.includes('-o') ? [] : ['-o', file()]), ...more);
const take = (...more: string[]) => runCommand(ArtifactsImport, file(), '--trust', 'mirror', ...more);

/** From here on: an empty cache, no mirror, and an HTTP client that refuses everything. */
async function isolate<T>(work: (refused: ReturnType<typeof vi.spyOn>) => Promise<T>): Promise<T> {
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = newPlace();
  renameSync(mirror, `${mirror}.away`);
  const refused = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('there is no network'));
  try {
    return await work(refused);
  } finally {
    refused.mockRestore();
    renameSync(`${mirror}.away`, mirror);
    process.env.XDG_CACHE_HOME = before;
  }
}

interface Made {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly index: { readonly for: object; readonly artifacts: readonly { readonly component: string; readonly arch: string }[] };
}
const components = ({ index }: Made) => index.artifacts.map(({ component }) => component);

describe('a bundle of everything', () => {
  test('brings a cluster up on a machine that reaches nothing', async () => {
    const made = await bundle();
    expect([made.code, made.err]).toEqual([0, expect.stringContaining(`write ${file()}: done`)]);
    expect(made.out).toMatch(/^etcd +3\.7\.3 +amd64 /m);
    await isolate(async (refused) => {
      expect((await runCommand(ArtifactsFetch, '-i', inventory)).code).toBe(7);
      const taken = await take();
      expect([taken.code, taken.out]).toEqual([
        0,
        expect.stringMatching(/for cluster single: took 13 artifacts \(.*\), 0 were there already\n$/),
      ]);
      for (const [command, ...args] of [[ArtifactsFetch, '-i', inventory], [Plan], [ArtifactsStage, '--yes'], [Init, '--yes']] as const) {
        const { code, err } = await runCommand(command, ...args);
        expect(code, err).toBe(0);
      }
      expect(refused).not.toHaveBeenCalled();
      expect([...model.nodes.keys()]).toEqual(['node-1']);
      expect((await take()).out).toMatch(/took 0 artifacts \(0 B\), 13 were there already\n$/);
    });
  });

  test('can be read by everybody, and replaces one that is there', async () => {
    writeFileSync(file(), 'old', { mode: 0o600 });
    const { code, out } = await bundle('--json');
    const made = JSON.parse(out) as Made;
    expect([code, statSync(file()).mode & 0o777, statSync(file()).size]).toEqual([0, 0o644, made.sizeBytes]);
    expect(made.sha256).toBe(sha256(readFileSync(file())));
    expect(made.index.for).toEqual({ cluster: 'single', inventorySha256: sha256(readFileSync(inventory)) });
    expect(readdirSync(place).sort()).toEqual(['bundle.tar', 'inventory.yaml']);
  });

  test.each([
    ['a place that cannot be written', 2, /cannot be written \(ENOENT\)/, () => ['-o', path.join(place, 'no', 'b.tar')]],
    ['a name of a compressed file', 2, /a bundle is a plain tar/, () => ['-o', path.join(place, 'b.tar.zst')]],
    ['an architecture that the mirror lacks', 7, /artifacts cannot be had/, () => ['--arch', 'arm64']],
  ])('%s is refused, and leaves nothing', async (_, code, message, args) => {
    const run = await bundle(...args());
    expect([run.code, run.err]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(place)).toEqual(['inventory.yaml']);
  });
});

describe('a bundle for a plan', () => {
  const planFile = () => path.join(place, 'plan.json');
  const save = async () => expect((await runCommand(Plan, '-o', planFile())).code).toBe(0);
  const edit = (change: (plan: PlanText) => void): void => {
    const plan = JSON.parse(readFileSync(planFile(), 'utf8')) as PlanText;
    change(plan);
    writeFileSync(planFile(), JSON.stringify(plan));
  };
  interface PlanText {
    cluster: string;
    steps: { actions: { kind: string; component?: string; sha256?: string; reference?: string; version?: string }[] }[];
    artifacts?: { component: string; version: string; arch: string }[];
  }
  const keep = (wanted: (action: PlanText['steps'][number]['actions'][number]) => boolean) => (plan: PlanText) => {
    for (const step of plan.steps) step.actions = step.actions.filter(wanted);
  };

  test('holds exactly what its steps send, and names the plan', async () => {
    await save();
    edit(keep(({ kind, component, reference }) => kind === 'unit' || component === 'runc' || reference?.includes('pause') === true));
    const made = JSON.parse((await bundle('--plan', planFile(), '--json')).out) as Made;
    expect(components(made)).toEqual(['pause', 'runc']);
    expect(made.index.for).toEqual({ cluster: 'single', workflow: 'init', planSha256: sha256(readFileSync(planFile())) });
  });

  test('holds what the plan lists beside its steps, each once', async () => {
    await save();
    edit((plan) => {
      keep(({ component }) => component === 'runc')(plan);
      plan.artifacts = ['runc', 'crictl'].map((component) => ({
        component,
        version: component === 'runc' ? '1.4.3' : '1.36.0',
        arch: 'amd64',
      }));
    });
    const made = JSON.parse((await bundle('--plan', planFile(), '--json')).out) as Made;
    expect(components(made)).toEqual(['crictl', 'runc']);
  });

  test('is enough to carry it out elsewhere', async () => {
    await save();
    expect((await bundle('--plan', planFile())).code).toBe(0);
    await isolate(async (refused) => {
      expect((await take()).out).toContain('for a plan of init of cluster single');
      const run = await runCommand(Init, '--yes');
      expect(run.code, run.err).toBe(0);
      expect(refused).not.toHaveBeenCalled();
    });
  });

  test.each<[string, number, RegExp, (plan: PlanText) => void]>([
    [
      'another cluster',
      2,
      /is a plan for cluster other, and the inventory is of single/,
      (plan) => void Object.assign(plan, { cluster: 'other' }),
    ],
    ['what is no plan', 2, /is not a saved plan/, (plan) => void Reflect.deleteProperty(plan, 'steps')],
    [
      'an image that nobody knows',
      2,
      /sends x\/y:1, which the catalogue does not know/,
      (plan) => {
        for (const action of plan.steps.flatMap(({ actions }) => actions)) if (action.reference !== undefined) action.reference = 'x/y:1';
      },
    ],
    [
      'a program that its source has no more',
      7,
      /the plan sends runc of runc 1\.4\.3 with sha256 e{64}, which is not to be had: .*arm64/,
      (plan) => {
        for (const action of plan.steps.flatMap(({ actions }) => actions)) if (action.component === 'runc') action.sha256 = 'e'.repeat(64);
      },
    ],
    [
      'a release that the mirror lacks',
      7,
      /runc 9\.9\.9 .* is not to be had: .*the mirror has no/,
      (plan) => {
        for (const action of plan.steps.flatMap(({ actions }) => actions)) if (action.component === 'runc') action.version = '9.9.9';
      },
    ],
  ])('of %s is refused', async (_, code, message, change) => {
    await save();
    edit(change);
    const run = await bundle('--plan', planFile());
    expect([run.code, run.err]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(place).sort()).toEqual(['inventory.yaml', 'plan.json']);
  });

  test('that is not there is refused', async () => {
    expect(await bundle('--plan', planFile())).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') });
  });
});

describe('an import', () => {
  test('takes a checksum in any case, and refuses another one and what is none', async () => {
    const { sha256: digest } = JSON.parse((await bundle('--json')).out) as Made;
    await isolate(async () => {
      expect(await take('--sha256', 'abc')).toMatchObject({ code: 2, err: expect.stringContaining('abc is no SHA-256') });
      expect(await take('--sha256', 'f'.repeat(64))).toMatchObject({ code: 7, err: expect.stringContaining(digest) });
      const taken = await take('--sha256', digest.toUpperCase(), '--json');
      expect([taken.code, (JSON.parse(taken.out) as Made).sha256]).toEqual([0, digest]);
    });
  });

  test('without --trust mirror refuses what the catalogue pins otherwise', async () => {
    await bundle();
    await isolate(async () => {
      const { code, err } = await runCommand(ArtifactsImport, file());
      expect([code, err]).toEqual([7, expect.stringContaining("kcluster's catalogue wants")]);
    });
  });
});
