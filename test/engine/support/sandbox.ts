import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunResult } from '../../../src/host/host.ts';
import { type RunShOptions, runSh } from './run-sh.ts';

/** Whoever runs the tests: files can be given to nobody else without being root. */
export const me = { owner: userInfo().username, group: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim() };

/** Places that scripts name in full; each is moved under the sandbox. */
const fixedPlaces =
  /\/var\/lib\/kcluster|\/var\/lib\/etcd|\/run\/kcluster|\/run\/containerd|\/opt\/kcluster|\/etc\/kubernetes|\/etc\/etcd|\/etc\/os-release/g;

/** A directory that plays the host: scripts are moved into it by replacing the paths they have fixed. */
export class Sandbox implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'kcluster-test-'));
  readonly bin = this.directory('fakes');
  readonly temporary = this.directory('tmp');

  path(name: string): string {
    return join(this.root, name);
  }

  directory(name: string): string {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }

  write(name: string, content: string | Buffer, mode = 0o644): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    chmodSync(this.path(name), mode);
    return this.path(name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Names below a directory, hidden ones too, sorted. */
  list(name: string): string[] {
    return readdirSync(this.path(name)).sort();
  }

  /** A program found before the system's own. */
  fake(name: string, body: string): void {
    this.write(`fakes/${name}`, `#!/bin/sh\n${body}\n`, 0o755);
  }

  /** A program that notes its arguments, one call a line, in `<name>.log`. */
  fakeLogged(name: string, body = ''): void {
    this.fake(name, `printf '%s\\n' "$*" >>'${this.path(`${name}.log`)}'\n${body}`);
  }

  calls(name: string): string[] {
    return this.read(`${name}.log`).trimEnd().split('\n');
  }

  relocate(text: string): string {
    return text
      .replace(fixedPlaces, (place) => this.root + place)
      .replaceAll('PATH=/usr/local/sbin', `PATH=${this.bin}:/usr/local/sbin`)
      .replaceAll('0600 root root', `0600 ${me.owner} ${me.group}`)
      .replaceAll('0644 root root', `0644 ${me.owner} ${me.group}`);
  }

  run(script: string, options: RunShOptions = {}): Promise<RunResult> {
    const env = { PATH: `${this.bin}:${process.env.PATH ?? '/usr/bin:/bin'}`, HOME: this.root, TMPDIR: this.temporary };
    return runSh(this.relocate(script), this.root, { ...options, env: { ...env, ...options.env } });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
