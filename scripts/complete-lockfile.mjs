// Adds to package-lock.json the optional packages of other platforms that a registry without them left out: `npm ci` demands
// an entry for each, and never fetches those whose os or cpu is another.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const platforms = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32', 'loong64', 'mips64el'];
const added = [];
for (const [path, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`;
    const os = platforms.find((platform) => name.includes(`-${platform}`));
    const cpu = processors.find((processor) => name.includes(`-${processor}`));
    if (lock.packages[at] !== undefined || lock.packages[`${path}/${at}`] !== undefined || os === undefined || cpu === undefined) continue;
    lock.packages[at] = { version, cpu: [cpu], ...(parent.dev === true ? { dev: true } : {}), optional: true, os: [os] };
    added.push(at);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'package-lock.json is complete' : `added ${added.length} optional packages of other platforms`);
