import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { runStep, type StepTools } from '../../src/engine/run-step.ts';
import { ArtifactError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import type { Upload } from '../../src/host/host.ts';
import { material, stepOf } from './support/step-of.ts';

const binary = (name: string): Action => ({
  kind: 'binary',
  component: 'etcd',
  version: '3',
  name,
  path: `/opt/${name}`,
  sha256: name,
  sizeBytes: 1,
});
const step = stepOf([binary('etcd'), { kind: 'daemon-reload' }, binary('etcdctl'), binary('etcdutl')]);

/** A host whose uploads end when the test says so. */
class SlowHost extends FakeHost {
  readonly underWay = new Map<string, PromiseWithResolvers<void>>();

  override upload(file: Upload): Promise<void> {
    const upload = Promise.withResolvers<void>();
    this.underWay.set(file.path, upload);
    return upload.promise;
  }
}

function toolsWith(host: SlowHost): StepTools {
  return {
    host,
    controlPlaneHosts: [host],
    artifacts: { fileOf: (sha256) => `/cache/${sha256}` },
    prepare: async () => material,
    runId: 'run-1',
    emit: () => undefined,
    elapsedMs: () => 0,
    signal: new AbortController().signal,
  };
}

test('all files of a step are under way at once, in their order, and nothing else before they arrived', async () => {
  const host = new SlowHost('n1');
  host.on(/kc_unmoved\(\)/, {});
  const running = runStep(step, toolsWith(host));
  await turn();
  expect([...host.underWay.keys()]).toEqual(['/opt/etcd', '/opt/etcdctl', '/opt/etcdutl']);
  for (const name of ['/opt/etcdutl', '/opt/etcd']) host.underWay.get(name)?.resolve();
  await turn();
  expect(host.sent).toEqual([]);
  host.underWay.get('/opt/etcdctl')?.resolve();
  await running;
  expect(host.sent).toHaveLength(1);
});

test('a file that fails ends the step, but only when no other is under way any more', async () => {
  const host = new SlowHost('n1');
  const failure = new ArtifactError('arrived broken', { node: 'n1' });
  const ended: unknown[] = [];
  const running = runStep(step, toolsWith(host)).catch((error: unknown) => ended.push(error));
  await turn();
  host.underWay.get('/opt/etcd')?.reject(failure);
  host.underWay.get('/opt/etcdctl')?.resolve();
  await turn();
  expect(ended).toEqual([]);
  host.underWay.get('/opt/etcdutl')?.resolve();
  await running;
  expect(ended).toEqual([failure]);
  expect(host.sent).toEqual([]);
});
