// Programs that tests call beside the project's own: Debian packages, installed where this runs as root and they are missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const packages = {
  curl: 'curl',
  git: 'git',
  haproxy: 'haproxy',
  jq: 'jq',
  openssl: 'openssl',
  shellcheck: 'shellcheck',
  ss: 'iproute2',
  ssh: 'openssh-client',
  'systemd-analyze': 'systemd',
};

function isMissing(program) {
  return !(process.env.PATH ?? '').split(path.delimiter).some((directory) => existsSync(path.join(directory, program)));
}

/** Installs what is missing, and says so; without root or apt it only says what is missing. */
export function provideTestPrograms() {
  const missing = Object.entries(packages).filter(([program]) => isMissing(program));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(([, name]) => name))];
  if (process.getuid?.() !== 0 || isMissing('apt-get')) {
    console.log(`tests that need ${names.join(', ')} will say so: install these packages`);
    return;
  }
  console.log(`installing Debian packages for the tests: ${names.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['-q', 'update'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  spawnSync('apt-get', ['-q', '-y', 'install', '--no-install-recommends', ...names], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}
