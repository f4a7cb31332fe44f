import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { forgetScript, nothingKept, putBackScript } from '../../../src/engine/actions/keep.ts';
import { movedStatus } from '../../../src/engine/actions/shell-library.ts';
import { type Shell, sh, shells } from '../support/run-sh.ts';
import { Sandbox } from '../support/sandbox.ts';
import { doneOf, scriptOf } from '../support/step-of.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.fakeLogged('systemctl', 'case $1 in show) echo 0 ;; esac');
});
afterEach(() => sandbox[Symbol.dispose]());

const name = 'kubelet-run-w-1.37.1';
const link = '/opt/kcluster/bin/kubelet';
const config = '/etc/kubernetes/kubelet.yaml';
const unit = "/etc/kubernetes/it's a unit.service";
const stamp = '/var/lib/kcluster/units/kubelet.service';
const fresh = '/etc/kubernetes/new in this release.yaml';

const keep = { kind: 'keep', name, paths: [config, fresh, unit, link, stamp], units: ['kubelet.service'] } satisfies Action;
const kept = (file = ''): string => `var/lib/kcluster/kept/${name}${file}`;
const place = (path: string): string => sandbox.path(path.slice(1));

/** A host before the step: a link, two files with attributes of their own, and one path where nothing is. */
function populate(): void {
  sandbox.directory('opt/kcluster/bin');
  symlinkSync('/opt/kcluster/kubelet/1.36.5/kubelet', place(link));
  sandbox.write(config.slice(1), 'old: config\n', 0o640);
  sandbox.write(unit.slice(1), 'old unit\n', 0o644);
  sandbox.write(stamp.slice(1), 'old stamp\n', 0o600);
}

/** What the step makes of it. */
function replace(): void {
  unlinkSync(place(link));
  symlinkSync('/opt/kcluster/kubelet/1.37.1/kubelet', place(link));
  writeFileSync(place(config), 'new: config\n');
  chmodSync(place(config), 0o600);
  rmSync(place(unit));
  writeFileSync(place(fresh), 'fresh\n');
}

const there = () => ({
  link: readlinkSync(place(link)),
  config: [sandbox.read(config.slice(1)), statSync(place(config)).mode & 0o7777],
  unit: existsSync(place(unit)) ? sandbox.read(unit.slice(1)) : undefined,
  stamp: sandbox.read(stamp.slice(1)),
  fresh: existsSync(place(fresh)),
});

const run = (script: string, shell: Shell = sh) => sandbox.run(script, { shell });
const keepIt = (shell?: Shell) => run(scriptOf(keep), shell);
const putBack = (shell?: Shell) => run(putBackScript(keep), shell);

describe.each(shells)('what a step replaces, by $name', (shell) => {
  test('is kept, put back as it was, and started anew with it', async () => {
    populate();
    const was = there();
    const done = await keepIt(shell);
    expect({ code: done.code, stderr: done.stderr, done: doneOf(done.stdout) }).toEqual({ code: 0, stderr: '', done: [0] });
    expect(statSync(sandbox.path(kept('/files'))).mode & 0o777).toBe(0o700);
    expect(there()).toEqual(was);
    replace();
    expect(there()).not.toEqual(was);
    const { code, stderr } = await putBack(shell);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(there()).toEqual(was);
    expect(sandbox.calls('systemctl')).toEqual([
      'daemon-reload',
      'reset-failed -q kubelet.service',
      'show -p MainPID --value -- kubelet.service',
      'restart --no-block kubelet.service',
    ]);
  });

  test('is forgotten, without a trace', async () => {
    populate();
    await keepIt(shell);
    expect((await run(forgetScript(keep), shell)).code).toBe(0);
    expect(sandbox.list('var/lib/kcluster')).not.toContain('kept');
  });

  test('no temporary file is left by putting back', async () => {
    populate();
    await keepIt(shell);
    replace();
    await putBack(shell);
    for (const directory of ['etc/kubernetes', 'opt/kcluster/bin', 'var/lib/kcluster/units']) {
      expect(sandbox.list(directory).filter((file) => file.includes('.kcluster-'))).toEqual([]);
    }
    expect(sandbox.list('var/lib/kcluster')).not.toContain('kept');
  });
});

describe('keeping', () => {
  test('again, after the step was cut off, keeps what was there at first', async () => {
    populate();
    const was = there();
    await keepIt();
    replace();
    expect((await keepIt()).code).toBe(0);
    await putBack();
    expect(there()).toEqual(was);
  });

  test('again, after the unit was started with what is new, keeps that: the earlier step had come to its end', async () => {
    populate();
    await keepIt();
    replace();
    sandbox.write(stamp.slice(1), 'new stamp\n', 0o600);
    const was = there();
    expect((await keepIt()).code).toBe(0);
    writeFileSync(place(config), 'newest: config\n');
    await putBack();
    expect(there()).toEqual(was);
  });

  test('again, of a unit that had no stamp before and has none yet, keeps what was there at first', async () => {
    populate();
    rmSync(place(stamp));
    await keepIt();
    replace();
    await keepIt();
    await putBack();
    expect(readlinkSync(place(link))).toContain('/1.36.5/');
    expect(existsSync(place(stamp))).toBe(false);
  });

  test('that was cut off itself begins anew', async () => {
    populate();
    const was = there();
    sandbox.write(`${kept('/files')}${config}`, 'half of');
    sandbox.write(kept('/absent'), `${link}\n`);
    await keepIt();
    replace();
    await putBack();
    expect(there()).toEqual(was);
  });

  test('only where there was nothing before: putting back removes what came', async () => {
    sandbox.write(stamp.slice(1), 'old stamp\n');
    const only = { ...keep, paths: [fresh] };
    await run(scriptOf(only));
    sandbox.write(fresh.slice(1), 'fresh\n');
    expect((await run(putBackScript(only))).code).toBe(0);
    expect(existsSync(place(fresh))).toBe(false);
  });

  test('a dangling link is kept as the link that it is', async () => {
    populate();
    await keepIt();
    replace();
    await putBack();
    expect(lstatSync(place(link)).isSymbolicLink()).toBe(true);
    expect(existsSync(place(link))).toBe(false);
  });

  test.each(['cp', 'sync', 'find'])('the step goes no further when %s fails, and nothing counts as kept', async (program) => {
    populate();
    sandbox.fake(program, 'exit 5');
    const { code, stdout } = await run(scriptOf(keep, { kind: 'daemon-reload' }));
    expect([code === 0, doneOf(stdout)]).toEqual([false, []]);
    expect(existsSync(sandbox.path(kept('/whole')))).toBe(false);
  });

  test('of several steps lies side by side', async () => {
    populate();
    await keepIt();
    await run(scriptOf({ ...keep, name: 'other' }));
    await run(forgetScript(keep));
    expect(sandbox.list('var/lib/kcluster/kept')).toEqual(['other']);
  });
});

describe('a unit that is started anew', () => {
  const start = { kind: 'unit', unit: 'kubelet.service', op: 'restart', inputs: [link, config], why: '' } satisfies Action;
  const note = kept('/started/kubelet.service');
  const unfinished = { ...keep, paths: [], unfinished: true } satisfies Action;

  test('is noted with what it is started with: the same as its stamp', async () => {
    populate();
    expect((await run(scriptOf(keep, start))).code).toBe(0);
    expect(sandbox.read(note)).toBe(sandbox.read(stamp.slice(1)));
    expect(sandbox.read(note)).toContain(link);
  });

  test('is not noted by a step that keeps nothing of it', async () => {
    populate();
    await run(scriptOf({ ...keep, units: ['etcd.service'] }, start));
    await run(scriptOf(start));
    expect(existsSync(sandbox.path(note))).toBe(false);
  });

  test('and whose step was cut off gets back what was there at first', async () => {
    populate();
    const was = there();
    await run(scriptOf(keep, start));
    replace();
    expect((await run(scriptOf(unfinished))).code).toBe(0);
    expect((await run(putBackScript(unfinished))).code).toBe(0);
    expect(there()).toEqual(was);
  });

  test('and of which nothing is kept any more stops the step: somebody else has finished it', async () => {
    populate();
    const { code, stderr, stdout } = await run(scriptOf(unfinished, start));
    expect([code, doneOf(stdout)]).toEqual([movedStatus, []]);
    expect(stderr).toContain(`/var/lib/kcluster/kept/${name} is there no more`);
  });
});

describe('putting back', () => {
  test('says that there is nothing, and touches nothing', async () => {
    populate();
    replace();
    const was = there();
    for (const prepare of [() => undefined, () => void mkdirSync(sandbox.path(kept('/files')), { recursive: true })]) {
      prepare();
      expect((await putBack()).code).toBe(nothingKept);
    }
    expect(there()).toEqual(was);
    expect(existsSync(sandbox.path('systemctl.log'))).toBe(false);
  });

  test.each([
    ['a file cannot be copied', () => sandbox.fake('cp', 'exit 5')],
    ['a file cannot be written through', () => sandbox.fake('sync', 'exit 5')],
    ['a file cannot be moved', () => sandbox.fake('mv', 'exit 5')],
    ['the unit cannot be started', () => sandbox.fake('systemctl', 'case $1 in restart) exit 5 ;; show) echo 0 ;; esac')],
    ['units cannot be read again', () => sandbox.fake('systemctl', 'case $1 in daemon-reload) exit 5 ;; esac')],
  ])('fails when %s; what was kept is still there for the next try', async (_, breakIt) => {
    populate();
    const was = there();
    await keepIt();
    replace();
    breakIt();
    expect((await putBack()).code).toBe(5);
    expect(existsSync(sandbox.path(kept('/whole')))).toBe(true);
    for (const program of ['cp', 'sync', 'mv']) rmSync(sandbox.path(`fakes/${program}`), { force: true });
    sandbox.fakeLogged('systemctl', 'case $1 in show) echo 0 ;; esac');
    expect((await putBack()).code).toBe(0);
    expect(there()).toEqual(was);
  });
});
