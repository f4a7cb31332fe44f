import type { ShellProcess } from './shell.ts';

/** Ends what runs in another shell: TERM, up to 2 s of patience, KILL. */
export function killScript(process: ShellProcess): string {
  // Only where the process group leads its own session, as sshd makes it, does the group hold nothing of anybody else.
  const target = process.group === process.session ? `-${process.group}` : `${process.pid}`;
  return [
    `t=${target}; i=0; kill -s TERM -- "$t" 2>/dev/null`,
    'while [ "$i" -lt 20 ] && kill -s 0 -- "$t" 2>/dev/null; do sleep 0.1; i=$((i + 1)); done',
    'kill -s KILL -- "$t" 2>/dev/null; :',
  ].join('\n');
}
