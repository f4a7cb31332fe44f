import process from 'node:process';

/** Loaded into a process before its program: says at its end how much memory it held at most. */
process.on('exit', () => process.stderr.write(`peak memory: ${process.resourceUsage().maxRSS} KiB\n`));
