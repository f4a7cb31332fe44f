#!/usr/bin/env node
// Read by any Node that knows modules: nothing newer than import() may stand here, and nothing is imported before the check.
const neededMajor = 24;

function refuseOldNode() {
  process.stderr.write(
    `kcluster needs Node ${neededMajor} or newer; this is ${process.version} (${process.execPath}).\n` +
      'In a checkout: npm run kcluster -- …  (npm ci has put the right Node in node_modules/.bin)\n' +
      `Elsewhere: install Node ${neededMajor} and put it first in PATH.\n`,
  );
  process.exit(2);
}

function refuseUnbuilt(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/[/\\]dist[/\\]ui[/\\]/.test(error.message)) throw error;
  process.stderr.write('kcluster is not built: there is no dist/. In a checkout: npm run build\n');
  process.exit(2);
}

function start() {
  // Compiled code is kept between commands in Node's own cache directory: a fifth of the start-up time.
  return import('node:module').then((module) => {
    module.enableCompileCache();
    return run();
  });
}

/** What was written and not yet read is lost when the process ends; a reader that went away is no reason to wait. */
function written(stream) {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

/** Without a code it is the one that a command left in `process.exitCode`: an undefined one would wipe it out. */
function end(code = process.exitCode) {
  return Promise.all([written(process.stdout), written(process.stderr)]).then(() => process.exit(code));
}

function run() {
  const printing = Promise.all([import('../dist/ui/print-error.js'), import('../dist/ui/standard-output.js')]).catch(refuseUnbuilt);
  return Promise.all([import('@oclif/core'), printing]).then(([oclif, [{ describeFailure }, { standardOutput }]]) => {
    // Also for what oclif itself writes: a reader that goes away (`| head`) is no failure.
    standardOutput(process.stdout);
    standardOutput(process.stderr);
    return oclif.run(process.argv.slice(2), import.meta.url).then(
      () => end(),
      (error) => {
        const { text, exitCode } = describeFailure(error);
        process.stderr.write(text);
        return end(exitCode);
      },
    );
  });
}

if (Number(process.versions.node.split('.')[0]) < neededMajor) refuseOldNode();
else start();
