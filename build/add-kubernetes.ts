import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubeadm', 'kubectl', 'kubelet'];

/**
 * The wrapper's go.mod: Kubernetes points at its staging folders, which its module does not carry; they are published as `v0.X.Y`.
 * @param upstream go.mod of k8s.io/kubernetes
 */
export function writeWrapperModule(upstream: string, version: string): string {
  const line = (pattern: RegExp) => pattern.exec(upstream)?.[0] ?? '';
  const staged = [...upstream.matchAll(/(k8s\.io\/[\w-]+) => \.\/staging\//g)].flatMap(([, name]) => name ?? []);
  const replaces = staged.map((name) => `\t${name} => ${name} v0.${version.replace(/^1\./, '')}`);
  return [
    'module kcluster.dev/build/kubernetes',
    line(/^go .*$/m),
    line(/^godebug .*$/m),
    `require k8s.io/kubernetes v${version}`,
    `replace (\n${replaces.join('\n')}\n)\n`,
  ].join('\n\n');
}

export function writeToolsFile(): string {
  const imports = programs.map((name) => `\t_ "k8s.io/kubernetes/cmd/${name}"`);
  return `//go:build tools

// Package tools names what is built from this module, so that go.sum holds every dependency.
package tools

import (
${imports.join('\n')}
)
`;
}

/** Makes `build/kubernetes/<version>`; without the checksum database, which does not know every release. */
async function addKubernetes(version: string): Promise<void> {
  const cwd = join(import.meta.dirname, 'kubernetes', version);
  const env = { GOFLAGS: '-mod=mod', GOSUMDB: 'off' };
  await mkdir(cwd, { recursive: true });
  const module = JSON.parse(await run('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], { cwd, env })) as {
    GoMod: string;
    Info: string;
  };
  await writeFile(join(cwd, 'go.mod'), writeWrapperModule(await readFile(module.GoMod, 'utf8'), version));
  await writeFile(join(cwd, 'tools.go'), writeToolsFile());
  await run('go', ['list', '-deps', ...programs.map((name) => `k8s.io/kubernetes/cmd/${name}`)], { cwd, env });
  const { Time } = JSON.parse(await readFile(module.Info, 'utf8')) as { Time: string };
  process.stdout.write(`${cwd} is made; add '${version}': '${Time}' to kubernetesDates in products.ts\n`);
}

if (import.meta.main) {
  const [version] = process.argv.slice(2);
  if (version === undefined) {
    process.stderr.write('usage: node build/add-kubernetes.ts VERSION\n');
    process.exitCode = 2;
  } else {
    await addKubernetes(version);
  }
}
