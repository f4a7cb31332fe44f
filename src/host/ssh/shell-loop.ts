/**
 * The program every channel runs: a loop that takes framed scripts from standard input and answers each with a marker line.
 *
 * The login shell only starts a bootstrap that reads the loop as one line, so neither `ps` nor sudo's log is flooded,
 * and the nonce, which comes with it, stays out of argv, which every user can read.
 * Frame: `<script bytes> <input>` newline, script, payload. Input is `-` (none), `=N` (N bytes, handed over only when whole),
 * `+N` (N bytes, streamed: the script must check what it got) or `@S` (the script dies when no byte came for S seconds).
 * Answer: `<nonce> <exit status>` on stdout, `<nonce>` on stderr.
 */

export const helloLine = 'kcluster-hello';
export const sudoPrompt = 'kcluster-password:';

/** Free of single quotes, `!` and backslashes, so that bash, fish and csh login shells all pass it on unchanged. */
const bootstrap = `/bin/sh -c 'echo ${helloLine}; IFS= read -r kc_l && eval "$kc_l"' kcluster`;

export type Become = 'none' | 'sudo' | 'sudo-password';

/** The command given to the login shell; it needs neither a particular shell nor its rc files. */
export function shellCommand(become: Become): string {
  if (become === 'sudo') return `exec env LC_ALL=C sudo -n ${bootstrap}`;
  if (become === 'sudo-password') return `exec env LC_ALL=C sudo -S -p ${sudoPrompt} ${bootstrap}`;
  return `exec ${bootstrap}`;
}

/** The line that follows the bootstrap; the shell answers `<nonce> ready <pid> <group> <session> <user id>`. */
export function loopLine(nonce: string): string {
  return `kc_n=${nonce}; ${loop}\n`;
}

/** One line, for `read`. */
const loop = [
  'unset kc_l; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; LC_ALL=C; export PATH LC_ALL; unset ENV BASH_ENV CDPATH; umask 022; cd /;',
  'kc_take() { head -c "$1"; };',
  // Some head implementations read ahead; a pipe cannot be rewound, so they are found out and dd takes over.
  '[ "$(printf "abc\\nd\\n" | { kc_take 4 >/dev/null; read -r kc_x; printf %s "$kc_x"; })" = d ] ||',
  'kc_take() { dd bs=65536 iflag=fullblock,count_bytes count="$1" 2>/dev/null; };',
  'read -r kc_x kc_x kc_x kc_x kc_g kc_s kc_x </proc/$$/stat;',
  // The group is killed only where the session is ours alone, as sshd makes it.
  'kc_kill() { if [ "$kc_g" = "$kc_s" ]; then kill -s "$1" -- "-$kc_g"; else kill -s "$1" "$$"; fi; };',
  'kc_leash() { trap "" TERM HUP; while [ "$(timeout -s KILL "$1" dd bs=1 count=1 2>/dev/null)" = . ]; do :; done; kc_kill TERM; sleep 1; kc_kill KILL; };',
  'printf "%s ready %s %s %s %s\\n" "$kc_n" "$$" "$kc_g" "$kc_s" "$(id -u)";',
  `while read -r kc_a kc_b; do kc_t=$(kc_take "$kc_a"; printf x); kc_t=\${kc_t%x}; [ "\${#kc_t}" -eq "$kc_a" ] || exit 1; kc_d=\${kc_b#?};`,
  'case $kc_b in',
  '-) ( unset kc_n; eval "$kc_t" ) </dev/null;;',
  `=*) kc_i=$(kc_take "$kc_d"; printf x); kc_i=\${kc_i%x}; [ "\${#kc_i}" -eq "$kc_d" ] || exit 1;`,
  'printf %s "$kc_i" 2>/dev/null | ( unset kc_n kc_i; eval "$kc_t" );;',
  '+*) kc_take "$kc_d" | { ( unset kc_n; eval "$kc_t" ); kc_c=$?; cat >/dev/null; exit "$kc_c"; };;',
  '@*) exec 3<&0; kc_leash "$kc_d" <&3 >/dev/null 2>&1 3<&- & ( unset kc_n; eval "$kc_t" ) </dev/null 3<&-;;',
  'esac; kc_c=$?; kc_i=; printf "%s %s\\n" "$kc_n" "$kc_c"; printf "%s\\n" "$kc_n" >&2; case $kc_b in @*) exit;; esac; done',
].join(' ');

/** Quotes a value for a POSIX shell. */
export function shellQuote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
