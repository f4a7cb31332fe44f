// Writes src/upgrade/feature-gates.json: what becomes of feature gates from one minor to the next, out of the lists in Kubernetes' own
// sources. Usage: node build/feature-gates.ts 1.35.4 1.36.5 1.37.1, once a new minor has come; needs Go.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { run } from './run.ts';

interface Gate {
  readonly name: string;
  readonly versionedSpecs: readonly { readonly default: boolean; readonly lockToDefault: boolean }[];
}

const list = 'test/compatibility_lifecycle/reference/versioned_feature_list.yaml';

/** Gate -> the only value that it takes; undefined: either. */
async function gatesOf(version: string): Promise<ReadonlyMap<string, boolean | undefined>> {
  const env = { GOFLAGS: '-mod=mod', GOSUMDB: 'off' };
  const answer = await run('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], { cwd: import.meta.dirname, env });
  const { Dir } = JSON.parse(answer) as { readonly Dir: string };
  const gates = parse(readFileSync(path.join(Dir, list), 'utf8')) as readonly Gate[];
  return new Map(
    gates.map(({ name, versionedSpecs }) => {
      const newest = versionedSpecs.at(-1);
      return [name, newest?.lockToDefault === true ? newest.default : undefined];
    }),
  );
}

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

const releases = process.argv.slice(2);
const all = await Promise.all(releases.map(gatesOf));
const changes = releases.slice(1).map((release, index) => {
  const [before, after] = [all[index] ?? new Map(), all[index + 1] ?? new Map()];
  const locked = [...after].filter(([name, only]) => only !== undefined && before.has(name) && before.get(name) === undefined);
  return [minorOf(release), { removed: [...before.keys()].filter((name) => !after.has(name)).sort(), locked: Object.fromEntries(locked) }];
});
const target = new URL('../src/upgrade/feature-gates.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(Object.fromEntries(changes), null, 2)}\n`);
